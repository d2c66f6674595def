{{ current_rows('accounts_insights_monthly') }}
