{#-
    Adds the foreign keys that models declare and the database lacks. Runs after the last model; a
    second call does nothing.

    They are not part of the contracts, because there they silently vanish: dbt replaces a
    dimension by `drop ... cascade`, which takes the keys of the facts along, and an incremental
    fact is not created again. DuckDB refuses to replace a table that a foreign key points to, so
    there, as on every other engine, the `relationships` tests stand alone.

    A model declares `config.meta.foreign_keys`, a mapping of its column to `model.column`.
-#}
{% macro ensure_foreign_keys() -%}
    {%- if execute and flags.WHICH in ('run', 'build') -%}
        {{ return(adapter.dispatch('ensure_foreign_keys', 'meta_ads')()) }}
    {%- endif -%}
{%- endmacro %}

{% macro default__ensure_foreign_keys() -%}{%- endmacro %}
{% macro redshift__ensure_foreign_keys() -%}{%- endmacro %}

{% macro postgres__ensure_foreign_keys() -%}
    {%- for key in declared_foreign_keys() if is_foreign_key_missing(key) -%}
        {%- set orphans = run_query(orphans_sql(key)).columns[0].values()[0] -%}
        {%- if orphans -%}
            {%- do exceptions.warn(
                key.child ~ "." ~ key.child_column ~ ": " ~ orphans ~ " values have no member in "
                ~ key.parent ~ ", so its foreign key is not set. Build the dimension as well: "
                ~ "dbt build --select +" ~ key.parent.identifier
            ) -%}
        {%- else -%}
            {{- "alter table " ~ key.child ~ " add foreign key (" ~ key.child_column ~ ") references "
                ~ key.parent ~ " (" ~ key.parent_column ~ ");" }}
        {%- endif -%}
    {%- endfor -%}
{%- endmacro %}

{#-
    Drops the foreign keys whose table or dimension this command is about to build. Runs before
    the first model.

    With the keys in place a fact that is built without its dimensions would stop at the first ad
    that is new to both. And the threads of one run would wait for each other crosswise: replacing
    a dimension locks the facts that point to it, loading a fact locks its dimensions.
-#}
{% macro drop_foreign_keys() -%}
    {%- if execute and flags.WHICH in ('run', 'build') -%}
        {{ return(adapter.dispatch('drop_foreign_keys', 'meta_ads')()) }}
    {%- endif -%}
{%- endmacro %}

{% macro default__drop_foreign_keys() -%}{%- endmacro %}
{% macro redshift__drop_foreign_keys() -%}{%- endmacro %}

{% macro postgres__drop_foreign_keys() -%}
    {%- for key in declared_foreign_keys()
        if key.child_id in selected_resources or key.parent_id in selected_resources -%}
        {%- for name in run_query(foreign_key_names_sql(key)).columns[0].values() -%}
            {{- "alter table " ~ key.child ~ " drop constraint " ~ adapter.quote(name) ~ ";" }}
        {%- endfor -%}
    {%- endfor -%}
{%- endmacro %}

{#- What the models of this project declare: child and parent as relations, and their columns. -#}
{% macro declared_foreign_keys() -%}
    {%- set keys = [] -%}
    {%- for node in graph.nodes.values()
        if node.resource_type == 'model' and node.package_name == project_name -%}
        {%- for column, target in node.config.get('meta', {}).get('foreign_keys', {}).items() -%}
            {%- set parent_name, parent_column = target.split('.') -%}
            {%- set parent = graph.nodes['model.' ~ project_name ~ '.' ~ parent_name] -%}
            {%- do keys.append({
                'child_id': node.unique_id,
                'parent_id': parent.unique_id,
                'child': api.Relation.create(database=node.database, schema=node.schema, identifier=node.alias),
                'child_column': column,
                'parent': api.Relation.create(database=parent.database, schema=parent.schema, identifier=parent.alias),
                'parent_column': parent_column,
            }) -%}
        {%- endfor -%}
    {%- endfor -%}
    {{ return(keys) }}
{%- endmacro %}

{#-
    The names of the foreign keys that join these two columns. No row when there is none, which
    includes that one of the tables does not exist: to_regclass is null then.
-#}
{% macro foreign_key_names_sql(key) -%}
    select constraints.conname
    from pg_constraint as constraints
    inner join pg_attribute as columns
        on columns.attrelid = constraints.conrelid
        and constraints.conkey = array[columns.attnum]
    where
        constraints.contype = 'f'
        and constraints.conrelid = to_regclass('{{ key.child }}')
        and constraints.confrelid = to_regclass('{{ key.parent }}')
        and columns.attname = '{{ key.child_column }}'
{%- endmacro %}

{#- True when both tables stand and have no such foreign key. -#}
{% macro is_foreign_key_missing(key) -%}
    {%- set tables_stand = run_query(
        "select to_regclass('" ~ key.child ~ "') is not null and to_regclass('" ~ key.parent ~ "') is not null"
    ).columns[0].values()[0] -%}
    {{ return(tables_stand and not run_query(foreign_key_names_sql(key)).columns[0].values()) }}
{%- endmacro %}

{#- How many distinct values of the child have no row in the parent. -#}
{% macro orphans_sql(key) -%}
    select count(distinct child.{{ key.child_column }})
    from {{ key.child }} as child
    where not exists (
        select 1 from {{ key.parent }} as parent
        where parent.{{ key.parent_column }} = child.{{ key.child_column }}
    )
{%- endmacro %}
