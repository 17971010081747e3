"""The sections that documents are put together from: each takes a `Case` and returns blocks of the content model.

Belongs here: which figures a section shows, in which order, and the finding that a chart's title states. The sentences
stand in ``texts/bg/report.yaml``; a sentence says only what the figures beside it show, never why.
"""
