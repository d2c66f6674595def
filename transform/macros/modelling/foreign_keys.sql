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
    {%- set tested = [] -%}
    {%- for result in results if result.status == 'pass' and result.node.resource_type == 'test' -%}
        {%- if (result.node.test_metadata or {}).name == 'every_key_has_a_member' -%}
            {%- do tested.append(result.node.attached_node) -%}
        {%- endif -%}
    {%- endfor -%}
    {%- for keys in missing_foreign_keys() -%}
        {%- set orphans = [0] * (keys | length) -%}
        {%- if keys[0].child_id not in tested -%}
            {%- set orphans = run_query(orphans_sql(keys)).rows[0].values() -%}
        {%- endif -%}
        {%- for key in keys -%}
            {%- if orphans[loop.index0] -%}
                {%- do exceptions.warn(
                    key.child ~ "." ~ key.child_column ~ ": " ~ orphans[loop.index0] ~ " rows have no member in "
                    ~ key.parent ~ ", so its foreign key is not set. Build the dimension as well: "
                    ~ "dbt build --select +" ~ key.parent.identifier
                ) -%}
            {%- else -%}
                {#- `not valid`: the rows that stand were looked at a moment ago, all keys in one pass (in the
                    longest fact those that came lately, the others when they came), where Postgres would
                    read the fact once more for each. Changes are held to it all the same. -#}
                {{- "alter table " ~ key.child ~ " add foreign key (" ~ key.child_column ~ ") references "
                    ~ key.parent ~ " (" ~ key.parent_column ~ ") not valid;" }}
            {%- endif -%}
        {%- endfor -%}
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
        {%- for name in key.names -%}
            {{- "alter table " ~ key.child ~ " drop constraint " ~ adapter.quote(name) ~ ";" }}
        {%- endfor -%}
    {%- endfor -%}
{%- endmacro %}

{#-
    What the models of this project declare: child and parent as relations, and their columns; and
    what the database has of it: whether both tables stand, and the names of the keys between them.
-#}
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
                'tables_stand': false,
                'names': [],
            }) -%}
        {%- endfor -%}
    {%- endfor -%}
    {%- for position, tables_stand, name in run_query(standing_foreign_keys_sql(keys)).rows if keys -%}
        {%- do keys[position].update({'tables_stand': tables_stand}) -%}
        {%- if name -%}{%- do keys[position].names.append(name) -%}{%- endif -%}
    {%- endfor -%}
    {{ return(keys) }}
{%- endmacro %}

{#-
    The position of each key, whether its tables stand, and the name of a foreign key that joins
    its two columns: a row for each such name, or one without a name. All keys in one query, since
    there are many and each question is a way to the server. to_regclass is null for no table.
-#}
{% macro standing_foreign_keys_sql(keys) -%}
    select
        declared.position,
        to_regclass(declared.child) is not null and to_regclass(declared.parent) is not null as tables_stand,
        constraints.conname
    from (
        values
        {%- for key in keys %}
        ({{ loop.index0 }}, '{{ key.child }}', '{{ key.child_column }}', '{{ key.parent }}'){{ ',' if not loop.last }}
        {%- endfor %}
    ) as declared (position, child, child_column, parent)
    left join pg_attribute as columns
        on columns.attrelid = to_regclass(declared.child)
        and columns.attname = declared.child_column
    left join pg_constraint as constraints
        on constraints.contype = 'f'
        and constraints.conrelid = columns.attrelid
        and constraints.conkey = array[columns.attnum]
        and constraints.confrelid = to_regclass(declared.parent)
{%- endmacro %}

{#- The declared keys whose two tables stand and have no such key, a list for each child. -#}
{% macro missing_foreign_keys() -%}
    {%- set by_child = {} -%}
    {%- for key in declared_foreign_keys() if key.tables_stand and not key.names -%}
        {%- do by_child.setdefault(key.child_id, []).append(key) -%}
    {%- endfor -%}
    {{ return(by_child.values() | list) }}
{%- endmacro %}

{#- For each of the keys of one child, how many of its rows have no row in the parent: one pass. -#}
{% macro orphans_sql(keys) -%}
    select
        {%- for key in keys %}
        count(case when parent_{{ loop.index }}.{{ key.parent_column }} is null then 1 end) as orphans_{{ loop.index }}
        {%- if not loop.last %},{% endif %}
        {%- endfor %}
    from {{ keys[0].child }} as child
    {%- for key in keys %}
    left join {{ key.parent }} as parent_{{ loop.index }}
        on parent_{{ loop.index }}.{{ key.parent_column }} = child.{{ key.child_column }}
    {%- endfor %}
{%- endmacro %}
