"""Graph as a protocol: requests, parameters, selections, filters, pages, errors."""
