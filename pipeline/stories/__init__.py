"""Stories: one event as different articles tell it."""
