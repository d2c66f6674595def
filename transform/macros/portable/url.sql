{#-
    What the first group of a regular expression matches at its first match, null when there is no
    match or when the group is empty. Patterns keep to what the engines share: no `.`, which takes a
    line break on one engine and not on another, but a class such as [^?]; no lazy repeats, no
    look-around; groups that are not wanted as (?:...); no backslash, but [:space:] in a class, and
    brackets as [[], []] or first in a class, [^][...]. Without single quotes.
-#}
{% macro regex_group(expression, pattern) -%}
    {{ return(adapter.dispatch('regex_group', 'meta_ads')(expression, pattern)) }}
{%- endmacro %}

{% macro postgres__regex_group(expression, pattern) -%}
    nullif(substring({{ expression }} from '{{ pattern }}'), '')
{%- endmacro %}

{% macro duckdb__regex_group(expression, pattern) -%}
    nullif(regexp_extract({{ expression }}, '{{ pattern }}', 1), '')
{%- endmacro %}

{#- POSIX has no (?:...), so all groups count there. -#}
{% macro snowflake__regex_group(expression, pattern) -%}
    {%- set groups_before = pattern.replace('(?:', '<').split('(')[0].count('<') -%}
    nullif(
        regexp_substr({{ expression }}, '{{ pattern | replace("(?:", "(") }}', 1, 1, 'e', {{ groups_before + 1 }}), ''
    )
{%- endmacro %}

{% macro bigquery__regex_group(expression, pattern) -%}
    nullif(regexp_extract({{ expression }}, '{{ pattern }}'), '')
{%- endmacro %}

{#- `e` for the first group, `p` for the syntax that has (?:...). -#}
{% macro redshift__regex_group(expression, pattern) -%}
    nullif(regexp_substr({{ expression }}, '{{ pattern }}', 1, 1, 'ep'), '')
{%- endmacro %}

{#-
    Java takes [:space:] for these letters, and a bracket in a class for a class within. Backslashes
    are doubled, as one of them is the string's.
-#}
{% macro spark__regex_group(expression, pattern) -%}
    {%- set of_java = pattern
        | replace('[:space:]', '\\\\s')
        | replace('[[]', '\\\\[')
        | replace('[]]', '\\\\]')
        | replace('[^][', '[^\\\\]\\\\[') -%}
    nullif(regexp_extract({{ expression }}, '{{ of_java }}', 1), '')
{%- endmacro %}

{#-
    The start of a URL up to its path, with the host as the one group. Either a scheme or a bare
    `//`, user name and port left aside; or none of that, as people type links, and then a name with
    a dot in it must stand there. `tel:`, `mailto:` and `/a/relative/path` have no host.
-#}
{% macro url_authority_pattern(host='(') -%}
    {{ return(
        '^[[:space:]]*(?:[a-zA-Z][a-zA-Z0-9+.-]*:)?//(?:[^/?#]*@)?'
        ~ host ~ '[[][0-9a-fA-F:.]+[]]|[^][/?#:@[:space:]]+)(?::[0-9]*)?[[:space:]]*'
    ) }}
{%- endmacro %}

{% macro bare_host_pattern(host='(') -%}
    {{ return(
        '^[[:space:]]*' ~ host ~ '[^][/?#:@.[:space:]]+(?:[.][^][/?#:@.[:space:]]+)+)(?::[0-9]+)?[[:space:]]*'
    ) }}
{%- endmacro %}

{#- The host of a URL in lower case, without user name and port; null when there is none. -#}
{% macro url_host(url) -%}
    lower(coalesce(
        {{ regex_group(url, url_authority_pattern() ~ '(?:[/?#]|$)') }},
        {{ regex_group(url, bare_host_pattern() ~ '(?:[/?#]|$)') }}
    ))
{%- endmacro %}

{#-
    The path of a URL as it is written, in its own case and still percent-encoded; `/` when the URL
    ends with its host, which RFC 3986 (6.2.3) calls the same; null when it has no host.
-#}
{% macro url_path(url) -%}
    trim(coalesce(
        {{ regex_group(url, url_authority_pattern('(?:') ~ '(/[^?#]*)') }},
        {{ regex_group(url, bare_host_pattern('(?:') ~ '(/[^?#]*)') }},
        case when {{ url_host(url) }} is not null then '/' end
    ))
{%- endmacro %}

{#- The query of a URL without its `?`; null when there is none. A `?` in the fragment is no query. -#}
{% macro url_query(url) -%}
    {{ regex_group(url, '^[^?#]*[?]([^#]*)') }}
{%- endmacro %}

{#-
    The value of a parameter in a query string (`a=1&b=2`, with or without a `?` before it) as it is
    written: in its own case and still percent-encoded. The first value that is not empty counts, null
    when there is none. Names match in either case, since a `UTM_Source` is meant as one; `&amp;`,
    which links copied out of HTML have, parts parameters too.
-#}
{% macro query_parameter(query, name) -%}
    {%- set letters = [] -%}
    {%- for letter in name -%}
        {%- do letters.append('[' ~ letter | lower ~ letter | upper ~ ']') -%}
    {%- endfor -%}
    {%- set start = '(?:^[[:space:]]*[?]?|&|&amp;)' -%}
    trim({{ regex_group(query, start ~ (letters | join) ~ '=[[:space:]]*([^&#[:space:]][^&#]*)') }})
{%- endmacro %}
