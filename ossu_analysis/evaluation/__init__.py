"""How wrong were we, how wrong are others: rolling origins, scores, report card."""
