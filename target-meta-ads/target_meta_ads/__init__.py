"""Singer target for Meta: Custom Audiences and the Conversions API."""
