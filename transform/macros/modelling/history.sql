{#-
    When the tap read a record, as the snapshots want it: a timestamp in UTC. The run's time where
    the loader leaves no stamp, which only matters for a version that begins in this run.
-#}
{% macro read_at(extracted_at) -%}
    {{ to_utc('coalesce(' ~ extracted_at ~ ', ' ~ now() ~ ')') }}
{%- endmacro %}

{#-
    Whether a snapshot has been taken yet; `dbt run` builds without snapshots. A macro of its own
    because a unit test, whose input is no table, has to say so. Without a database (see
    `assume_raw_tables`) it stands if the variable `assume_built` says so.
-#}
{% macro is_snapshot_taken(relation) -%}
    {%- if var('assume_raw_tables') -%}
        {{ return(var('assume_built')) }}
    {%- endif -%}
    {{ return(load_relation(relation) is not none) }}
{%- endmacro %}

{#-
    The versions of the entities of a snapshot: a whole select, empty while there is no snapshot.
    Besides the columns of `tracked` (name to type) it has `key`, created_at, updated_at, read_at,
    version_number, valid_from, valid_to, is_current and changed_columns.

    A change was seen at `read_at` and happened after the reading before. Meta's updated_at tells
    when, if it lies between those two; else the change counts from the reading. So valid_from grows
    from version to version, and each version ends where the next begins, whatever the snapshot says:
    a loader that writes an older record over a newer one would make dbt's own spans overlap.
-#}
{% macro entity_versions(snapshot, key, tracked) -%}
    {%- set relation = ref(snapshot) -%}
    {%- set columns = dict(tracked, created_at='timestamptz', updated_at='timestamptz') -%}
    with taken as (

        {% if execute and not is_snapshot_taken(relation) -%}
        select
            cast(null as bigint) as {{ key }},
            {% for name, data_type in columns.items() -%}
            cast(null as {{ column_type(data_type) }}) as {{ name }},
            {% endfor -%}
            cast(null as timestamp) as dbt_valid_from,
            cast(null as timestamp) as dbt_valid_to
        from (select 1 as missing) as stored
        where false
        {%- else -%}
        select
            {{ key }},
            {% for name in columns -%}
            {{ name }},
            {% endfor -%}
            dbt_valid_from,
            dbt_valid_to
        from {{ relation }}
        {%- endif %}

    ),

    -- two versions of one reading: another field was selected, or the same record was loaded
    -- differently; the later one holds
    numbered_readings as (

        select
            *,
            {{ from_utc('dbt_valid_from') }} as read_at,
            row_number() over (
                partition by {{ key }}, dbt_valid_from
                order by dbt_valid_to desc
            ) as latest_first
        from taken

    ),

    readings as (

        select
            *,
            row_number() over (partition by {{ key }} order by read_at) as version_number,
            lag(read_at) over (partition by {{ key }} order by read_at) as read_before_at
        from numbered_readings
        where latest_first = 1

    ),

    dated as (

        select
            *,
            case
                when read_before_at < updated_at and updated_at <= read_at then updated_at
                else read_at
            end as valid_from
        from readings

    ),

    spans as (

        select
            *,
            lead(valid_from) over (partition by {{ key }} order by version_number) as next_valid_from
        from dated

    )

    select
        spans.{{ key }},
        {% for name in columns -%}
        spans.{{ name }},
        {% endfor -%}
        spans.read_at,
        spans.version_number,
        spans.valid_from,
        coalesce(spans.next_valid_from, {{ no_end() }}) as valid_to,
        spans.next_valid_from is null as is_current,
        case
            when earlier.version_number is not null
                then nullif(
                    substr(
                        {% for name in tracked -%}
                        case
                            when {{ is_distinct('spans.' ~ name, 'earlier.' ~ name) }}
                                then ', {{ name | replace("_minor_units", "") }}'
                            else ''
                        end
                        {%- if not loop.last %} || {% endif %}
                        {% endfor -%},
                        3
                    ),
                    ''
                )
        end as changed_columns
    from spans
    left join spans as earlier
        on earlier.{{ key }} = spans.{{ key }}
        and earlier.version_number = spans.version_number - 1
{%- endmacro %}

{#- The end of what has none yet. -#}
{% macro no_end() -%}
    cast('9999-12-31 00:00:00+00' as {{ column_type('timestamptz') }})
{%- endmacro %}

{#-
    What `member_columns` takes for the version of an entity: name to SQL over `versions` (of
    `entity_versions`) and `currencies`, which has the minor units of the account's currency. Raw
    minor units are what is snapshotted, so that a currency that becomes known later, or a corrected
    table of currencies, is no change of a budget.
-#}
{% macro version_values(level, tracked) -%}
    {%- set id = level ~ '_id' -%}
    {%- set values = {
        level ~ '_history_id': hash_key(['versions.' ~ id, epoch_microseconds('versions.valid_from')]),
        id: 'versions.' ~ id,
    } -%}
    {%- for name in [
        'version_number', 'valid_from', 'valid_to', 'is_current', 'changed_columns', 'created_at', 'read_at'
    ] -%}
        {%- do values.update({name: 'versions.' ~ name}) -%}
    {%- endfor -%}
    {%- for name in tracked -%}
        {%- if name.endswith('_minor_units') -%}
            {%- do values.update({
                name.removesuffix('_minor_units'):
                from_minor_units('versions.' ~ name, 'currencies.currency_minor_units')
            }) -%}
        {%- else -%}
            {%- do values.update({name: 'versions.' ~ name}) -%}
        {%- endif -%}
    {%- endfor -%}
    {{ return(values) }}
{%- endmacro %}

{#- The same for the Unknown member. It has no time, and is the current state of what is not known. -#}
{% macro unknown_version_values(level) -%}
    {{ return({
        level ~ '_history_id': 0,
        level ~ '_id': 0,
        'version_number': 0,
        'is_current': 'true',
        level ~ '_name': "'Unknown'",
        'is_deleted': 'false',
    }) }}
{%- endmacro %}
