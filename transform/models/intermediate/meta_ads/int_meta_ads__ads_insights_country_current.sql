{{ current_rows('ads_insights_country') }}
