{#-
    `times` * numerator / denominator, rounded half away from zero to `scale` digits, as
    numeric(18,scale) and the same to the last digit on every engine. Null where a part is null and
    where the denominator is 0: without impressions there is no rate, which is not a rate of 0.

    The parts are bigint or numeric with four decimals, or sums of those, with up to 20 digits
    before the point; `scale` is 4 to 10. `times` is a whole number up to 1000 (100 for percent, 1000
    for a price per mille), applied in here because `clicks * 100` outside may overflow. A quotient
    whose size is 10 ** (18 - scale) - 1 or more may not fit the type and is null as well: one absurd
    row must not stop a build.

    By whole numbers, because DuckDB divides decimals as floats, and because Postgres rounds a
    quotient to about 16 digits before `round` would see it. 2 * n plus or minus d, over 2 * d, the
    fraction cut off, is n / d rounded half away from zero.
-#}
{% macro ratio(numerator, denominator, scale=6, times=1) -%}
    {{ return(adapter.dispatch('ratio', 'meta_ads')(numerator, denominator, scale, times)) }}
{%- endmacro %}

{% macro postgres__ratio(numerator, denominator, scale, times) -%}
    {%- set part = "cast({} as numeric)" -%}
    {{ rounded_quotient(
        part.format(numerator), part.format(denominator), scale, times, "div({}, {})", "numeric"
    ) }}
{%- endmacro %}

{% macro duckdb__ratio(numerator, denominator, scale, times) -%}
    {%- set part = "cast(cast({} as numeric(24,4)) * 10000 as hugeint)" -%}
    {{ rounded_quotient(
        part.format(numerator), part.format(denominator), scale, times, "({}) // ({})", "hugeint"
    ) }}
{%- endmacro %}

{#-
    Where a division keeps only some decimals and rounds them, the remainder goes first, so that
    there is nothing to round.
-#}
{% macro snowflake__ratio(numerator, denominator, scale, times) -%}
    {%- set part = "cast(cast({} as numeric(24,4)) * 10000 as numeric(38,0))" -%}
    {{ rounded_quotient(
        part.format(numerator), part.format(denominator), scale, times,
        "({0} - mod({0}, {1})) / ({1})", "numeric(38,0)"
    ) }}
{%- endmacro %}

{% macro redshift__ratio(numerator, denominator, scale, times) -%}
    {{ return(snowflake__ratio(numerator, denominator, scale, times)) }}
{%- endmacro %}

{% macro bigquery__ratio(numerator, denominator, scale, times) -%}
    {%- set part = "cast({} as bignumeric)" -%}
    {{ rounded_quotient(
        part.format(numerator), part.format(denominator), scale, times, "div({}, {})", "bignumeric"
    ) }}
{%- endmacro %}

{% macro spark__ratio(numerator, denominator, scale, times) -%}
    {%- set part = "cast(cast({} as numeric(24,4)) * 10000 as numeric(38,0))" -%}
    {{ rounded_quotient(
        part.format(numerator), part.format(denominator), scale, times, "({}) div ({})", "numeric(38,0)"
    ) }}
{%- endmacro %}

{#-
    What `ratio` is on an engine whose division `divide` cuts off the fraction and whose type `whole`
    holds 38 digits.
-#}
{% macro rounded_quotient(numerator, denominator, scale, times, divide, whole) -%}
    {%- set half = "case when (" ~ numerator ~ " < 0) = (" ~ denominator ~ " < 0) then " ~ denominator
        ~ " else -" ~ denominator ~ " end" -%}
    {%- set twice = numerator ~ " * cast(" ~ 2 * times * 10 ** scale ~ " as " ~ whole ~ ") + " ~ half -%}
    case
        when
            {{ denominator }} <> 0
            and abs({{ numerator }}) * {{ times }}
            < abs({{ denominator }}) * cast({{ '9' * (18 - scale) }} as {{ whole }})
            then cast(
                cast({{ divide.format(twice, denominator ~ " * 2") }} as numeric(18,0))
                * {{ decimal('0.' ~ '0' * (scale - 1) ~ '1') }}
                as {{ column_type('numeric(18,' ~ scale ~ ')') }}
            )
    end
{%- endmacro %}
