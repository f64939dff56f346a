#include "arguments.h"

#include <cmath>

namespace ticker
{

uint64_t Arguments::number(Napi::Value value, const char *name, uint64_t max)
{
	double number = value.IsNumber() ? value.As<Napi::Number>().DoubleValue() : NAN;

	if (number >= 0 && number <= static_cast<double>(max) && number == std::floor(number))
		return static_cast<uint64_t>(number);
	refuse(name, "a whole number from 0 to " + std::to_string(max));
	return 0;
}

std::string Arguments::text(Napi::Value value, const char *name)
{
	std::string text;

	if (value.IsString())
		text = value.As<Napi::String>();
	if (value.IsString() && text.find('\0') == std::string::npos)
		return text;
	refuse(name, "a string without zero bytes");
	return {};
}

bool Arguments::flag(Napi::Value value, const char *name)
{
	if (value.IsBoolean())
		return value.As<Napi::Boolean>();
	refuse(name, "true or false");
	return false;
}

Bytes Arguments::bytes(Napi::Value value, const char *name, size_t least)
{
	if (value.IsTypedArray() && value.As<Napi::TypedArray>().TypedArrayType() == napi_uint8_array) {
		auto array = value.As<Napi::Uint8Array>();
		if (array.ByteLength() >= least)
			return { array.Data(), array.ByteLength() };
	}
	refuse(name, "a Uint8Array of at least " + std::to_string(least) + " bytes");
	return { nullptr, 0 };
}

Napi::Object Arguments::object(Napi::Value value, const char *name)
{
	if (value.IsObject())
		return value.As<Napi::Object>();
	refuse(name, "an object");
	return Napi::Object::New(value.Env());
}

void Arguments::refuse(const char *name, const std::string &expected)
{
	if (!failure_)
		failure_ = Failure{ "EINVAL", action_, std::string(name) + " is not " + expected,
				    "Pass " + expected + "." };
}

} // namespace ticker
