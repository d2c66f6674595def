-- A check that failed means wrong figures, which must not pass as a good build.
select * from {{ ref('load_validation') }} where status = 'fail'
