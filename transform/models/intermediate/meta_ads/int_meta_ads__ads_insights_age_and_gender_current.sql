{{ current_rows('ads_insights_age_and_gender') }}
