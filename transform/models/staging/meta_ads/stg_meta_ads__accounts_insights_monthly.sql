{% set columns = {
    'account_id': 'text',
    'account_name': 'text',
    'account_currency': 'text',
    'date_start': 'date',
    'date_stop': 'date',
    'impressions': 'bigint',
    'reach': 'bigint',
    'frequency': 'numeric(28,6)',
    'spend': 'numeric(18,4)',
    'clicks': 'bigint',
    'unique_clicks': 'bigint',
    'inline_link_clicks': 'bigint',
    'unique_inline_link_clicks': 'bigint',
    'outbound_clicks': 'json',
    'actions': 'json',
    'action_values': 'json',
    '_sdc_extracted_at': 'timestamptz',
    '_sdc_received_at': 'timestamptz',
    '_sdc_deleted_at': 'timestamp',
    '_sdc_sync_started_at': 'bigint',
} %}

{{ staged_insights('accounts_insights_monthly', columns) }}
