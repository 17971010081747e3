"""Who of the people will need, and who will ask for, which service; need, demand and use are never one column.

Modules, in reading order: `group_rate` (official rates of target groups), `need` (people who qualify), `panel` (returns
as counts that are known or known to be too low), `pooling` and `use_rate` (rates of use that see past full services),
`rate_path` (the rate over time), `draws` (joint simulations), `forecast` (contract tables), `external` (any returns).
"""
