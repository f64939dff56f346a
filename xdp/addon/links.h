#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "error.h"
#include "handle.h"

namespace ticker
{

enum class Mode { Auto, Driver, Skb };

struct Attachment {
	std::string device;
	uint32_t ifindex;
	Mode mode; /* never Auto */
	uint32_t program_id;
	uint32_t link_id; /* another one whenever it was attached anew */
};

/**
 * The program's attachments to devices: XDP links, pinned as link_DEVICE in a directory of pins. The pins are
 * the only record, so an attachment outlives the process that made it; this process holds it too, so that it outlives
 * the removal of its pin. A link whose device is gone is removed
 * wherever it is met. What versions with another table layout have attached, in directories of their own, is
 * there too, until it is adopted or detached.
 */
class Links
{
public:
	/** netns: path of the network namespace that the devices are in, if it is another one. */
	Links(std::string directory, std::optional<std::string> netns, std::vector<std::string> others = {})
		: directory_(std::move(directory)), netns_(std::move(netns)), others_(std::move(others))
	{
	}

	/**
	 * Attached already in a fitting mode is fine; in another mode it is detached first, and stays so when the
	 * wanted mode fails. An attachment of another layout is adopted, without a packet uncounted; when that fails
	 * it is left as it was. Programs of others are never replaced, but for one that somebody has put into the own link.
	 * ENODEV when there is no such device; then one that had this name is detached: it goes by another name now.
	 */
	Result<Attachment> attach(const std::string &device, Mode mode, int program);
	[[nodiscard]] Status detach(const std::string &device);
	Result<std::vector<Attachment>> list();
	/**
	 * Swaps the program in every link of the own directory without a packet uncounted. On failure those already
	 * moved get the program back that is pinned beside them.
	 */
	[[nodiscard]] Status move_to(int program);
	/** Pins again what was attached by this object and is not pinned any more. True when there was anything. */
	Result<bool> restore();

	/** Devices with a link in the own directory, gone ones too. */
	std::vector<std::string> devices() const;

private:
	struct Link {
		Descriptor descriptor;
		std::string path;
		uint32_t ifindex; /* 0: the device is gone */
		uint32_t program_id;
		uint32_t id;
	};
	std::string path_of(const std::string &device) const;
	Result<std::optional<Link>> open(const std::string &device);
	[[nodiscard]] Status adopt(const std::string &device, const Link &link, int program);
	void move_back();
	Result<Attachment> create(const std::string &device, uint32_t ifindex, Mode mode, int program);

	std::string directory_;
	std::optional<std::string> netns_;
	std::vector<std::string> others_;
	std::map<std::string, Descriptor> held_; /* links by their devices */
};

} // namespace ticker
