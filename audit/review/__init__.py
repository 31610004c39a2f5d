"""Review by people: the queue, blind labels, disputes, known items, agreement, the stop switch."""
