#include "plan/atoms.h"

#include <catch2/catch.hpp>

using namespace weft;
using model::PointSet;

static PointSet tcp(std::uint16_t first, std::uint16_t last) {
  return PointSet::of_range(model::protocol::tcp, first, last);
}

static std::uint32_t atom_at(const plan::Atoms& atoms, model::ServicePoint point) {
  const auto number = static_cast<std::uint32_t>(point);
  for (const plan::AtomRange& range : atoms.ranges) {
    if (range.points.first <= number && number <= range.points.last) return static_cast<std::uint32_t>(range.atom);
  }
  return UINT32_MAX;
}

TEST_CASE("atoms tell apart exactly what the sets tell apart", "[plan]") {
  SECTION("no set: one atom") {
    const plan::Atoms atoms = plan::atoms_of({});
    CHECK(atoms.count == 1);
    CHECK(atoms.ranges.size() == 1);
    CHECK(atoms.ranges[0].points == model::ServiceRange{0, model::last_service_point});
  }
  SECTION("points in the same sets share an atom, even far apart") {
    PointSet web = tcp(80, 80);
    web.add(tcp(443, 443));
    const plan::Atoms atoms = plan::atoms_of({web});
    CHECK(atoms.count == 2);
    CHECK(atom_at(atoms, model::service_point(6, 80)) == atom_at(atoms, model::service_point(6, 443)));
    CHECK(atom_at(atoms, model::service_point(6, 81)) != atom_at(atoms, model::service_point(6, 80)));
    CHECK(atom_at(atoms, model::service_point(17, 80)) == atom_at(atoms, model::service_point(6, 81)));
  }
  SECTION("overlapping ranges cut each other") {
    const plan::Atoms atoms = plan::atoms_of({tcp(0, 100), tcp(50, 150)});
    CHECK(atoms.count == 4);
    CHECK(atoms.of_set[0].size() == 2);
    CHECK(atoms.of_set[1].size() == 2);
  }
  SECTION("the ends of the space") {
    const plan::Atoms atoms = plan::atoms_of({PointSet::of_range(255, 0, 0xFFFF), PointSet::of_range(0, 0, 0)});
    CHECK(atoms.count == 3);
    CHECK(atoms.ranges.front().points.first == 0);
    CHECK(atoms.ranges.back().points.last == model::last_service_point);
  }
  SECTION("an empty set has no atom") { CHECK(plan::atoms_of({PointSet{}}).of_set[0].empty()); }
}
