#include "layout.h"

#include <bpf/btf.h>

#include "event.h"
#include "program.h"

namespace ticker
{

static Napi::Object members_of(Napi::Env env, const btf *types, const btf_type *type);
static Napi::Object enumerators_of(Napi::Env env, const btf *types, const btf_type *type);

static Failure missing(const std::string &name)
{
	return { "EINVAL", "read the layout of the embedded kernel program",
		 "its type information lacks " + name, "Rebuild it: make build." };
}

Result<Napi::Object> layout(Napi::Env env)
{
	auto structs = Napi::Object::New(env), enums = Napi::Object::New(env);
	auto failure = Program::with_types([&](const btf *types) -> Status {
		for (const char *name : { "head", "source", "event", "settings", "counters", "epoch" }) {
			int id = btf__find_by_name_kind(types, name, BTF_KIND_STRUCT);
			if (id < 0)
				return missing("struct " + std::string(name));
			structs.Set(name, members_of(env, types, btf__type_by_id(types, id)));
		}
		for (const char *name : { "reason", "statistic", "kind", "tool", "flag" }) {
			int id = btf__find_by_name_kind(types, name, BTF_KIND_ENUM);
			if (id < 0)
				return missing("enum " + std::string(name));
			enums.Set(name, enumerators_of(env, types, btf__type_by_id(types, id)));
		}
		return {};
	});
	if (failure)
		return *failure;

	auto layout = Napi::Object::New(env);
	layout.Set("version", LAYOUT_VERSION);
	layout.Set("structs", structs);
	layout.Set("enums", enums);
	return layout;
}

static Napi::Object members_of(Napi::Env env, const btf *types, const btf_type *type)
{
	auto fields = Napi::Object::New(env), shape = Napi::Object::New(env);
	const btf_member *members = btf_members(type);

	for (uint32_t at = 0; at < btf_vlen(type); at++) {
		auto field = Napi::Object::New(env);
		field.Set("offset", btf_member_bit_offset(type, at) / 8);
		field.Set("size", static_cast<double>(btf__resolve_size(types, members[at].type)));
		fields.Set(btf__name_by_offset(types, members[at].name_off), field);
	}
	shape.Set("size", type->size);
	shape.Set("fields", fields);
	return shape;
}

static Napi::Object enumerators_of(Napi::Env env, const btf *types, const btf_type *type)
{
	auto values = Napi::Object::New(env);
	const struct btf_enum *enumerators = btf_enum(type);

	for (uint32_t at = 0; at < btf_vlen(type); at++)
		values.Set(btf__name_by_offset(types, enumerators[at].name_off), enumerators[at].val);
	return values;
}

} // namespace ticker
