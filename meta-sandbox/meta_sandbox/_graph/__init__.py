"""Graph: objects, edges, tokens, limits, report jobs."""
