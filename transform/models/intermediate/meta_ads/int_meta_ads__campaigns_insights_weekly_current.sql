{{ current_rows('campaigns_insights_weekly') }}
