"""Who of the people will need, and who will ask for, which service; need, demand and use are never one column.

Modules, in reading order: `exposure` (persons by group), `group_rate` (official rates of target groups), `local_rate`
(those that municipalities counted), `need` (people who qualify), `panel` (returns as counts that are known or
right-censored), `ceiling`, `pooling` and `use_rate` (rates that see past full services), `movement` (levels that move),
`rate_path` (the rate over time), `draws` (joint simulations), `forecast` (contract rows), `service` and `chain` (from
working tables), `scenario`, `driver` and `outlook` (what else may happen, and why demand moves), `breaks` (series that
break), `profile` and `age_weights` (ages of users), `returns_input`, `external` (any returns).
"""
