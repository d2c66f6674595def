"""Reading Insights: which days are wanted, how they are cut, and how a report is read."""
