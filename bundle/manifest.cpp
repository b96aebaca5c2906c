#include "bundle/manifest.h"

#include <fmt/format.h>

#include <nlohmann/json.hpp>

namespace weft::bundle {
namespace {

using Json = nlohmann::ordered_json;

constexpr std::string_view format = "weft-bundle";
constexpr int version = 1;

Json json_of(const std::vector<Entry>& entries) {
  Json out = Json::array();
  for (const Entry& entry : entries) {
    out.push_back({{"number", entry.number},
                   {"action", entry.action},
                   {"by", entry.by},
                   {"policy", entry.policy},
                   {"tier", entry.tier},
                   {"at", entry.at},
                   {"text", entry.text}});
    if (entry.audited) out.back()["audited"] = true;
    if (entry.log) out.back()["log"] = *entry.log;
  }
  return out;
}

Json json_of(const FileHashes::Hash& hash) { return {{"sha256", hash.sha256}, {"bytes", hash.bytes}}; }

Json json_of(const Manifest& manifest, const FileHashes& files) {
  Json out = {
      {"format", format}, {"version", version}, {"weft_version", manifest.weft_version}, {"profile", manifest.profile}};
  out["files"] = {{"program.o", json_of(files.object)},
                  {"maps.bin", json_of(files.maps_bin)},
                  {"maps.json", json_of(files.maps_json)}};
  out["inputs"] = Json::array();
  for (const Input& input : manifest.inputs) out["inputs"].push_back({{"name", input.name}, {"sha256", input.sha256}});
  out["endpoints"] = Json::array();
  for (const Endpoint& endpoint : manifest.endpoints) {
    Json addresses = Json::array();
    for (const EndpointAddress& address : endpoint.addresses) {
      addresses.push_back({{"address", address.address}, {"class", address.class_id}});
    }
    out["endpoints"].push_back({{"workload", endpoint.workload},
                                {"interface", endpoint.interface},
                                {"home", endpoint.home},
                                {"addresses", std::move(addresses)}});
  }
  out["egress"] = json_of(manifest.egress);
  out["ingress"] = json_of(manifest.ingress);
  // Manifests of before classes had names have none.
  if (!manifest.classes.empty()) out["classes"] = Json::array();
  for (const ClassName& name : manifest.classes) {
    out["classes"].push_back({{"name", name.text}, {"example", name.example}, {"members", name.members}});
  }
  out["figures"] = Json::object();
  for (const auto& [name, figure] : manifest.figures) out["figures"][name] = figure;
  return out;
}

std::vector<Entry> entries_of(const Json& json) {
  std::vector<Entry> out;
  for (const Json& entry : json) {
    out.push_back({entry.at("number").get<std::uint32_t>(), entry.at("action").get<std::string>(),
                   entry.at("by").get<std::string>(), entry.at("policy").get<std::string>(),
                   entry.at("tier").get<std::string>(), entry.at("at").get<std::string>(),
                   entry.at("text").get<std::string>()});
    out.back().audited = entry.contains("audited") && entry.at("audited").get<bool>();
    if (entry.contains("log")) out.back().log = entry.at("log").get<std::string>();
  }
  return out;
}

FileHashes::Hash hash_of(const Json& json) {
  return {json.at("sha256").get<std::string>(), json.at("bytes").get<std::uint64_t>()};
}

ManifestFile manifest_of(const Json& json) {
  ManifestFile out;
  Manifest& manifest = out.manifest;
  manifest.weft_version = json.at("weft_version").get<std::string>();
  manifest.profile = json.at("profile").get<std::string>();
  const Json& files = json.at("files");
  out.files = {hash_of(files.at("program.o")), hash_of(files.at("maps.bin")), hash_of(files.at("maps.json"))};
  for (const Json& input : json.at("inputs")) {
    manifest.inputs.push_back({input.at("name").get<std::string>(), input.at("sha256").get<std::string>()});
  }
  for (const Json& json_endpoint : json.at("endpoints")) {
    Endpoint endpoint{json_endpoint.at("workload").get<std::string>(),
                      json_endpoint.at("interface").get<std::string>(),
                      json_endpoint.at("home").get<std::uint16_t>(),
                      {}};
    for (const Json& address : json_endpoint.at("addresses")) {
      endpoint.addresses.push_back(
          {address.at("address").get<std::string>(), address.at("class").get<std::uint16_t>()});
    }
    manifest.endpoints.push_back(std::move(endpoint));
  }
  manifest.egress = entries_of(json.at("egress"));
  manifest.ingress = entries_of(json.at("ingress"));
  if (json.contains("classes")) {
    for (const Json& name : json.at("classes")) {
      manifest.classes.push_back({name.at("name").get<std::string>(), name.at("example").get<std::string>(),
                                  name.at("members").get<std::uint32_t>()});
    }
  }
  for (const auto& [name, figure] : json.at("figures").items()) manifest.figures[name] = figure.get<std::uint64_t>();
  out.sha256 = json.at("sha256").get<std::string>();
  return out;
}

std::string signed_text(Json json, Json::error_handler_t invalid_utf8, std::string& hash) {
  hash = sha256(json.dump(2, ' ', false, invalid_utf8));
  json["sha256"] = hash;
  return json.dump(2, ' ', false, invalid_utf8) + "\n";
}

std::unexpected<Error> malformed(std::string_view what) {
  return std::unexpected(Error{"W5003", fmt::format("manifest.json {}", what), ""});
}

}  // namespace

Result<std::string> render_manifest(const Manifest& manifest, const FileHashes& files) {
  try {
    std::string hash;
    return signed_text(json_of(manifest, files), Json::error_handler_t::strict, hash);
  } catch (const Json::exception&) {
    return std::unexpected(Error{"W5001", "a text in the manifest is no valid UTF-8", ""});
  }
}

std::string manifest_identity(const Manifest& manifest, const FileHashes& files) {
  std::string hash;
  signed_text(json_of(manifest, files), Json::error_handler_t::replace, hash);
  return hash;
}

Result<ManifestFile> parse_manifest(std::string_view text) {
  const Json json = Json::parse(text, nullptr, /*allow_exceptions=*/false);
  if (json.is_discarded() || !json.is_object()) return malformed("is no JSON object");
  if (json.value("format", Json()) != format) return malformed("is not of a weft bundle");
  if (json.value("version", Json()) != version) {
    return malformed(fmt::format("has format version {} instead of {}",
                                 json.value("version", Json()).dump(-1, ' ', true, Json::error_handler_t::replace),
                                 version));
  }
  ManifestFile out;
  try {
    out = manifest_of(json);
  } catch (const Json::exception&) {
    return malformed("lacks a member or has one of a wrong type");
  }
  // Writing it again catches everything at once: other members, other order, numbers that do not fit, changed text.
  const auto again = render_manifest(out.manifest, out.files);
  if (!again || *again != text) return malformed("was changed: it does not match its own hash");
  return out;
}

}  // namespace weft::bundle
