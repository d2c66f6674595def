-- The days of dim_date without the Unknown one, whose null would be a day of its own in every metric
-- that a tool fills up with days.
with dates as (

    select * from {{ ref('dim_date') }}

)

select date_day
from dates
where date_id <> 0
