"""The names Meta takes in ``fields``, per node type and API version.

Names only, as published in Meta's SDKs for v26.0 and v25.0. They decide between data and the error
``(#100) Tried accessing nonexisting field``; which of them carry a value is the business of the
module that renders the node.
"""

from __future__ import annotations

_V26: dict[str, str] = {
    "AdAccount": """
        account_id account_status ad_account_promotable_objects age
        agency_client_declaration all_capabilities amount_spent attribution_spec balance
        brand_safety_content_filter_levels business business_city business_country_code
        business_name business_state business_street business_street2 business_zip
        can_create_brand_lift_study capabilities created_time currency
        custom_audience_info default_dsa_beneficiary default_dsa_payor disable_reason
        end_advertiser end_advertiser_name existing_customers
        expired_funding_source_details extended_credit_invoice_group
        failed_delivery_checks fb_entity funding_source funding_source_details
        has_migrated_permissions has_page_authorized_adaccount id io_number
        is_attribution_spec_system_default is_ba_skip_delayed_eligible
        is_direct_deals_enabled is_in_3ds_authorization_enabled_market
        is_notifications_enabled is_personal is_prepay_account is_tax_id_required
        liable_address line_numbers marketing_messages_settings media_agency
        min_campaign_group_spend_cap min_daily_budget name offsite_clo_signal_status
        offsite_pixels_tos_accepted opportunity_score opportunity_score_weight owner
        owner_business partner rf_spec send_bill_to_address show_checkout_experience
        sold_to_address spend_cap tax_id tax_id_status tax_id_type timezone_id
        timezone_name timezone_offset_hours_utc tos_accepted user_access_expire_time
        user_tasks user_tos_accepted viewable_business
    """,
    "Campaign": """
        account_id adlabels advantage_state_info bid_strategy boosted_object_id
        brand_lift_studies budget_rebalance_flag budget_remaining buying_type
        campaign_group_active_time can_create_brand_lift_study can_use_spend_cap
        configured_status created_time daily_budget effective_status
        frequency_control_specs has_secondary_skadnetwork_reporting id
        is_adset_budget_sharing_enabled is_budget_schedule_enabled is_direct_send_campaign
        is_message_campaign is_meta_moment_maker_enabled is_reels_trending_ads_enabled
        is_skadnetwork_attribution issues_info last_budget_toggling_time lifetime_budget
        name objective pacing_type primary_attribution promoted_object recommendations
        smart_promotion_type source_campaign source_campaign_id source_recommendation_type
        special_ad_categories special_ad_category special_ad_category_country spend_cap
        start_time status stop_time topline_id updated_time
    """,
    "AdSet": """
        account_id ad_set_goal adlabels adset_schedule
        anchor_event_attribution_window_days asset_feed_id attribution_count_type
        attribution_spec automatic_manual_state bid_adjustments bid_amount bid_constraints
        bid_info bid_strategy billing_event brand_safety_config budget_remaining campaign
        campaign_active_time campaign_attribution campaign_id configured_status
        cost_bidding_mode created_time creative_diversity_label creative_diversity_score
        creative_sequence creative_sequence_repetition_pattern daily_budget
        daily_min_spend_target daily_spend_cap destination_type dsa_beneficiary dsa_payor
        effective_status end_time existing_customer_budget_percentage
        frequency_control_specs full_funnel_exploration_mode id instagram_user_id
        is_ba_skip_delayed_eligible is_budget_schedule_enabled is_dc_follow_optimized
        is_dynamic_creative is_incremental_attribution_enabled
        is_organic_ad_joint_optimized is_sequenced_conversion_creation issues_info
        learning_stage_info lifetime_budget lifetime_imps lifetime_min_spend_target
        lifetime_spend_cap live_video_ad_campaign_config low_creative_reach
        max_budget_spend_percentage meta_moment_maker_spec min_budget_spend_percentage
        multi_event_conversion_attribution_window_seconds multi_optimization_goal_weight
        name optimization_goal optimization_sub_event pacing_type placement_soft_opt_out
        promoted_object recommendations recurring_budget_semantics
        regional_regulated_categories regional_regulation_identities relative_value
        review_feedback rf_prediction_id source_adset source_adset_id
        special_ad_categories start_time status targeting targeting_optimization_types
        time_based_ad_rotation_id_blocks time_based_ad_rotation_intervals
        trending_topics_spec updated_time use_new_app_click value_rule_set_id
        value_rules_applied
    """,
    "Ad": """
        account_id ad_active_time ad_review_feedback ad_schedule_end_time
        ad_schedule_start_time adlabels adset adset_id bid_amount bid_info bid_type
        campaign campaign_id configured_status conversion_domain conversion_specs
        created_time creative creative_asset_groups_spec creative_automation_spec
        demolink_hash display_sequence effective_status engagement_audience
        failed_delivery_checks id issues_info last_updated_by_app_id name placement
        preview_shareable_link priority recommendations source_ad source_ad_id
        special_ad_categories status targeting tracking_and_conversion_with_defaults
        tracking_specs updated_time
    """,
    "AdCreative": """
        account_id actor_id ad_disclaimer_spec adlabels applink_treatment asset_feed_spec
        authorization_category auto_update body branded_content
        branded_content_sponsor_page_id bundle_folder_id call_to_action
        call_to_action_type categorization_criteria category_media_source
        collaborative_ads_lsb_image_bank_id contextual_multi_ads creative_id
        creative_sourcing_spec degrees_of_freedom_spec destination_set_id destination_spec
        dynamic_ad_voice effective_authorization_category effective_instagram_media_id
        effective_object_story_id enable_direct_install enable_launch_instant_app
        existing_post_title facebook_branded_content format_transformation_spec
        generative_asset_spec id image_crops image_hash image_url
        instagram_branded_content instagram_permalink_url instagram_user_id
        interactive_components_spec link_deep_link_url link_destination_display_url
        link_og_id link_url marketing_message_structured_spec media_sourcing_spec
        messenger_sponsored_message name object_id object_store_url object_story_id
        object_story_spec object_type object_url omnichannel_link_spec
        page_welcome_message photo_album_source_object_story_id place_page_set_id
        platform_customizations playable_asset_id portrait_customizations product_data
        product_set_id product_suggestion_settings recommender_settings
        regional_regulation_disclaimer_spec source_facebook_post_id
        source_instagram_media_id status template_url template_url_spec thumbnail_id
        thumbnail_url title url_tags use_page_actor_override video_id
        wamo_whatsapp_identity_spec
    """,
    "CustomAudience": """
        account_id approximate_count_lower_bound approximate_count_upper_bound
        audience_labels customer_file_source data_source data_source_types
        datafile_custom_audience_uploading_status delete_time delivery_status description
        excluded_custom_audiences external_event_source fields_violating_integrity_policy
        household_audience id included_custom_audiences is_eligible_for_sac_campaigns
        is_household is_snapshot is_value_based lookalike_audience_ids lookalike_spec
        messenger_marketing_messages_page name operation_status opt_out_link
        owner_business page_deletion_marked_delete_time permission_for_actions pixel_id
        regulated_audience_spec retention_days rev_share_policy_id rule rule_aggregation
        rule_v2 seed_audience sharing_status subtype time_content_updated time_created
        time_updated
    """,
    "CustomConversion": """
        account_id aggregation_rule business creation_time custom_event_type data_sources
        default_conversion_value description event_source_type first_fired_time id
        is_archived is_unavailable last_fired_time name offline_conversion_data_set pixel
        retention_days rule
    """,
    "AdImage": """
        account_id created_time creatives hash height id
        is_associated_creatives_in_adgroups name original_height original_width
        owner_business permalink_url status updated_time url url_128 width
    """,
    "AdVideo": """
        ad_breaks admin_creator audio_isrc backdated_time backdated_time_granularity
        boost_eligibility_info content_category content_tags copyright
        copyright_check_information copyright_monitoring_status created_time custom_labels
        description embed_html embeddable event expiration format from icon id
        is_crosspost_video is_crossposting_eligible is_episode is_instagram_eligible
        is_reference_only length live_audience_count live_status music_video_copyright
        permalink_url picture place post_id post_views premiere_living_room_status privacy
        published replace_audio_status scheduled_publish_time selected_audio_spec source
        spherical status title universal_video_id updated_time views
    """,
    "CustomAudienceSession": """
        end_time num_invalid_entries num_matched num_received progress session_id stage
        start_time
    """,
    "AdLabel": """
        account created_time id name updated_time
    """,
    "AdsPixel": """
        automatic_matching_fields can_proxy code config creation_time creator
        data_use_setting description duplicate_entries enable_auto_assign_to_accounts
        enable_automatic_matching event_stats event_time_max event_time_min
        first_party_cookie_status has_1p_pixel_event id is_consolidated_container
        is_created_by_business is_crm is_mta_use is_restricted_use is_unavailable
        last_fired_time last_upload_app last_upload_app_changed_time match_rate_approx
        matched_entries name owner_ad_account owner_business usage user_access_expire_time
        valid_entries
    """,
    "AdActivity": """
        actor_id actor_name application_id application_name date_time_in_timezone
        event_time event_type extra_data object_id object_name object_type tool
        translated_event_type
    """,
    "AdReportRun": """
        account_id async_percent_completion async_report_url async_status date_start
        date_stop emails error_code error_message error_subcode error_user_msg
        error_user_title friendly_name id is_async_export is_bookmarked is_running
        schedule_id time_completed time_ref
    """,
    "Lead": """
        ad_id ad_name adset_id adset_name campaign_id campaign_name created_time
        custom_disclaimer_responses field_data form_id home_listing id is_organic
        partner_name platform post post_submission_check_result retailer_item_id vehicle
    """,
    "Business": """
        block_offline_analytics collaborative_ads_managed_partner_business_info
        collaborative_ads_managed_partner_eligibility
        collaborative_ads_partner_premium_options created_by created_time
        extended_updated_time id is_hidden link marketing_messages_onboarding_status name
        payment_account_id primary_page profile_picture_uri timezone_id two_factor_type
        updated_by updated_time user_access_expire_time verification_status vertical
        vertical_id whatsapp_business_manager_messaging_limit
    """,
    "LeadgenForm": """
        allow_organic_lead block_display_for_non_targeted_viewer context_card created_time
        creator expired_leads_count follow_up_action_text follow_up_action_url id
        is_optimized_for_quality leads_count legal_content locale name organic_leads_count
        page page_id privacy_policy_url question_page_custom_headline questions status
        thank_you_page tracking_parameters
    """,
    "Page": """
        about access_token category category_list fan_count id link name tasks username
        verification_status website
    """,
    "User": """
        about age_range birthday client_business_id community cover currency education
        email favorite_athletes favorite_teams first_name gender hometown id
        inspirational_people install_type installed is_guest_user is_work_account
        languages last_name link local_news_megaphone_dismiss_status
        local_news_subscription_status locale location meeting_for middle_name name
        name_format payment_pricepoints political profile_pic quotes relationship_status
        religion shared_login_upgrade_required_by short_name significant_other sports
        supports_donate_button_in_live_video third_party_id timezone token_for_business
        updated_time verified video_upload_limits website
    """,
}

_NEW_IN_V26: dict[str, str] = {
    "AdAccount": """
        opportunity_score_weight
    """,
    "Campaign": """
        frequency_control_specs is_meta_moment_maker_enabled is_reels_trending_ads_enabled
    """,
    "AdSet": """
        ad_set_goal cost_bidding_mode is_dc_follow_optimized is_organic_ad_joint_optimized
        is_sequenced_conversion_creation live_video_ad_campaign_config
        meta_moment_maker_spec relative_value
    """,
    "Ad": """
        creative_automation_spec
    """,
    "AdCreative": """
        creative_id generative_asset_spec wamo_whatsapp_identity_spec
    """,
    "CustomAudience": """
        audience_labels
    """,
    "AdVideo": """
        replace_audio_status selected_audio_spec
    """,
    "AdActivity": """
        tool
    """,
}

#: API version -> node type -> the names it takes in ``fields``.
FIELDS: dict[str, dict[str, frozenset[str]]] = {
    "v26.0": {node: frozenset(names.split()) for node, names in _V26.items()},
    "v25.0": {
        node: frozenset(names.split()) - frozenset(_NEW_IN_V26.get(node, "").split())
        for node, names in _V26.items()
    },
}
