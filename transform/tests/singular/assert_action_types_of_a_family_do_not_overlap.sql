-- Of the listed types that are not roll-ups, a family has one per channel: two would need a reason
-- why no action is counted as both. Engagement has one: reactions, comments, shares are acts apart.
select
    family,
    channel,
    count(*) as types
from {{ ref('meta_action_types') }}
where not is_rollup and family <> 'engagement'
group by 1, 2
-- and none of them may be of all channels, which would overlap with each of the others
having count(*) > 1 or channel = 'any'
