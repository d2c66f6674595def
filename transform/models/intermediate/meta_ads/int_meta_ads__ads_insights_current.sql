{{ current_rows('ads_insights') }}
