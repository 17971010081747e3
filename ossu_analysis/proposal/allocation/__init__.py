"""Options under ceilings of money and posts: a case from the tables, a model over the draws, plans, and their words.

- `model` the mixed-integer model of one case, `country` many oblasts under one ceiling, `conflict` why nothing fits;
- `options` which plans are kept, `words` their tables and sentences;
- `inputs` what is needed beside the gap, `sourced` and `demonstration` where it comes from, `case` the arrays;
- `chain` from working tables to the tables of the options.
"""
