#pragma once

#include <string>
#include <vector>

#include "cli/arguments.h"
#include "driver/reach.h"
#include "driver/reach_chains.h"

namespace weft::cli {

/// What `weft reach` found, by the question that was asked.
struct ReachReport {
  ReachArguments::What what = ReachArguments::What::Groups;
  driver::Reach reach;                  ///< the groups of every question, and the edges of Groups and Exposed
  std::vector<driver::Chained> chains;  ///< of Chains
  driver::Radii radii;                  ///< of BlastRadius; its groups are the sources
  const model::Inventory* inventory = nullptr;
};

std::string text_of(const ReachReport& report);
std::string json_of(const ReachReport& report);

/// The answer as rows, for formats that are tables.
struct ReachTable {
  std::vector<std::string> header;
  std::vector<std::vector<std::string>> rows;
};
ReachTable table_of(const ReachReport& report);
std::string csv_of(const ReachTable& table);
std::string markdown_of(const ReachTable& table);

/// "22 connections between 13 groups: 12 workloads and the world"
std::string summary_of(const ReachReport& report);

std::string dot_of(const ReachReport& report);
std::string svg_of(const ReachReport& report);
std::string html_of(const ReachReport& report);

/// "tcp/80, tcp/443", shortened where it is long.
std::string services_text(const model::PointSet& points);

}  // namespace weft::cli
