"""What the code lists must hold among themselves, and what is worth asking: each function returns rows that fail."""

import pandas as pd

from ossu_analysis.store import Store


def codes_are_known(store: Store) -> pd.DataFrame:
    """Oblasts of municipalities, groups of services and services of rules that no list knows."""
    return store.sql(
        """select 'reference.municipality' as table_name, municipality_code as entry, oblast_code as unknown_code
          from reference.municipality anti join reference.oblast using (oblast_code)
        union all select 'reference.service', service_code, target_group
          from reference.service anti join reference.target_group using (target_group) where target_group is not null
        union all select 'reference.service', service_code, exposed_group
          from reference.service as s anti join reference.target_group as g on s.exposed_group = g.target_group
          where exposed_group is not null
        union all select 'reference.service', s.service_code, coalesce(s.replaced_by, s.counted_as)
          from reference.service as s anti join reference.service as other
          on other.service_code = coalesce(s.replaced_by, s.counted_as, s.service_code)
        union all select 'reference.rule', file, service_code
          from reference.rule anti join reference.service using (service_code)""",
        *(("reference", table) for table in ("municipality", "oblast", "service", "target_group", "rule")),
    )


def criteria_are_loaded(store: Store) -> pd.DataFrame:
    """Services whose criterion has no rate: their legal maximum cannot be computed."""
    return store.sql(
        """select service_code, short_name_bg, coalesce(legal_ref, '') as legal_ref
        from reference.service where not criterion_loaded order by 1""",
        ("reference", "service"),
    )


def rules_are_sound(store: Store) -> pd.DataFrame:
    """Faults of the rules that are loaded: overlaps, dates, units, indicators that nobody counts."""
    from ossu_analysis.reference.rule_faults import check_rules
    from ossu_analysis.texts import text

    counted = store.read("reference", "target_group", "age_rule <> 'none'")["target_group"]
    faults = check_rules(store.read("reference", "rule"), counted)
    rows = [(one.file, one.column, one.found, text(one.code), one.expected, text(f"{one.code}.todo")) for one in faults]
    return pd.DataFrame(rows, columns=["file", "column", "found", "fault", "expected", "todo"])
