"""The functions a query may call, and those it may not, with the reason. Whatever stands in neither list is refused.

A test holds both against `duckdb_functions()`, so that another version of DuckDB shows what it brings. Nothing allowed reads
files, settings, the catalogue, the environment or other queries. What can ask for much memory is allowed because the third layer
bounds it, which is the process with its limit of memory and time: `repeat`, `lpad`, `rpad`, `bar`, `format`, `printf`, `range`,
`generate_series`, `list_resize`, `array_resize`, `list`, `array_agg`, `string_agg`, `histogram`, `json_group_array`,
`generate_subscripts`, the exact quantiles and whatever joins such rows. Regular expressions are RE2's: their time is linear.
"""

from __future__ import annotations

from collections.abc import Mapping

_ALLOWED_BY_GROUP: Mapping[str, str] = {
    "operators": """
        !__postfix !~~ !~~* % & && * ** + - ->> / // <-> << <=> <@ >> @ @> ^ ^@ | || ~ ~~ ~~* ~~~ add subtract multiply
        divide mod xor fdiv fmod""",
    "numbers": """
        abs acos acosh asin asinh atan atan2 atanh bit_count cbrt ceil ceiling cos cosh cot degrees even exp factorial floor
        gamma gcd greatest greatest_common_divisor isfinite isinf isnan lcm least least_common_multiple lgamma ln log log10
        log2 nextafter pi pow power radians round round_even roundbankers sign signbit sin sinh sqrt tan tanh trunc""",
    "chance": "random gen_random_uuid uuid uuidv4 uuidv7 uuid_extract_timestamp uuid_extract_version",
    "text": """
        array_to_string array_to_string_comma_default ascii bar bit_length char_length character_length chr concat concat_ws
        contains damerau_levenshtein editdist3 ends_with format format_bytes formatreadabledecimalsize formatreadablesize
        hamming ilike_escape instr jaccard jaro_similarity jaro_winkler_similarity lcase left left_grapheme length
        length_grapheme levenshtein like_escape lower lpad ltrim mismatches nfc_normalize not_ilike_escape not_like_escape
        octet_length ord parse_dirname parse_dirpath parse_filename parse_formatted_bytes parse_path position prefix printf
        regexp_escape regexp_extract regexp_extract_all regexp_full_match regexp_matches regexp_replace
        regexp_split_to_array regexp_split_to_table repeat replace reverse right right_grapheme rpad rtrim split split_part
        starts_with str_split str_split_regex string_split string_split_regex string_to_array strip_accents strlen strpos
        substr substring substring_grapheme suffix to_base translate trim ucase unicode upper url_decode url_encode""",
    "bytes and bits": """
        base64 bin bit_position bitstring decode encode from_base64 from_binary from_hex get_bit hex set_bit to_base64
        to_binary to_hex unbin unhex""",
    "hashes": "hash md5 md5_number md5_number_lower md5_number_upper sha1 sha256",
    "dates and times": """
        age ago century current_date current_localtime current_localtimestamp date_add date_diff date_part date_sub
        date_trunc datediff datepart datesub datetrunc day dayname dayofmonth dayofweek dayofyear days_in_month decade epoch
        epoch_ms epoch_ns epoch_us era get_current_time get_current_timestamp hour isodow isoyear julian last_day make_date
        make_time make_timestamp make_timestamp_ms make_timestamp_ns make_timestamptz microsecond millennium millisecond
        minute month monthname nanosecond normalized_interval now quarter second strftime strptime time_bucket timezone
        timezone_hour timezone_minute to_centuries to_days to_decades to_hours to_microseconds to_millennia to_milliseconds
        to_minutes to_months to_quarters to_seconds to_timestamp to_weeks to_years today transaction_timestamp try_strptime
        week weekday weekofyear year yearweek""",
    "lists and arrays": """
        aggregate apply array_aggr array_aggregate array_append array_apply array_cat array_concat array_contains
        array_cosine_distance array_cosine_similarity array_cross_product array_distance array_distinct array_dot_product
        array_extract array_filter array_grade_up array_has array_has_all array_has_any array_indexof array_inner_product
        array_intersect array_length array_negative_dot_product array_negative_inner_product array_pop_back array_pop_front
        array_position array_prepend array_push_back array_push_front array_reduce array_resize array_reverse
        array_reverse_sort array_select array_slice array_sort array_transform array_unique array_value array_where
        array_zip filter flatten generate_series generate_subscripts grade_up len list_aggr list_aggregate list_any_value
        list_append list_approx_count_distinct list_apply list_avg list_bit_and list_bit_or list_bit_xor list_bool_and
        list_bool_or list_cat list_concat list_contains list_cosine_distance list_cosine_similarity list_count list_distance
        list_distinct list_dot_product list_element list_entropy list_extract list_filter list_first list_grade_up list_has
        list_has_all list_has_any list_histogram list_indexof list_inner_product list_intersect list_kurtosis
        list_kurtosis_pop list_last list_mad list_max list_median list_min list_mode list_negative_dot_product
        list_negative_inner_product list_pack list_position list_prepend list_product list_reduce list_resize list_reverse
        list_reverse_sort list_select list_sem list_skewness list_slice list_sort list_stddev_pop list_stddev_samp
        list_string_agg list_sum list_transform list_unique list_value list_var_pop list_var_samp list_where list_zip range
        reduce unnest unlist""",
    "structs, maps, unions": """
        cardinality element_at map map_concat map_contains map_contains_entry map_contains_value map_entries map_extract
        map_extract_value map_from_entries map_keys map_values row struct_concat struct_contains struct_extract
        struct_extract_at struct_has struct_indexof struct_insert struct_keys struct_pack struct_position struct_update
        struct_values switch union_extract union_tag union_value variant_extract variant_typeof""",
    "json": """
        array_to_json from_json from_json_strict json json_array json_array_length json_contains json_exists json_extract
        json_extract_path json_extract_path_text json_extract_string json_group_array json_group_object json_group_structure
        json_keys json_merge_patch json_object json_pretty json_quote json_structure json_transform json_transform_strict
        json_type json_valid json_value row_to_json to_json""",
    "types and decisions": """
        alias cast_to_type enum_code enum_first enum_last enum_range enum_range_boundary equi_width_bins error nullif
        pg_typeof typeof""",
    "aggregates": """
        any_value approx_count_distinct approx_quantile approx_top_k arbitrary arg_max arg_max_null arg_max_nulls_last
        arg_min arg_min_null arg_min_nulls_last argmax argmin array_agg avg bit_and bit_or bit_xor bitstring_agg bool_and
        bool_or corr count count_if count_star countif covar_pop covar_samp entropy favg first fsum geomean geometric_mean
        group_concat histogram histogram_exact kahan_sum kurtosis kurtosis_pop last list listagg mad max max_by mean median
        min min_by mode product quantile quantile_cont quantile_disc regr_avgx regr_avgy regr_count regr_intercept regr_r2
        regr_slope regr_sxx regr_sxy regr_syy reservoir_quantile sem skewness stddev stddev_pop stddev_samp string_agg sum
        sum_no_overflow sumkahan var_pop var_samp variance wavg weighted_avg""",
    "windows": """
        cume_dist dense_rank fill first_value lag last_value lead nth_value ntile percent_rank rank rank_dense row_number""",
}  # fmt: skip
ALLOWED = frozenset(name for names in _ALLOWED_BY_GROUP.values() for name in names.split())
# In FROM. Each makes its rows of its arguments alone.
ALLOWED_TABLES = frozenset({"range", "generate_series", "unnest", "json_each", "json_tree"})
# These call an aggregate by a name in a text, which is then held against the list as if it had been called.
CALLS_BY_NAME = frozenset({"aggregate", "array_aggr", "array_aggregate", "list_aggr", "list_aggregate"})
AGGREGATES = frozenset(_ALLOWED_BY_GROUP["aggregates"].split())

REFUSED: Mapping[str, frozenset[str]] = {
    reason: frozenset(names.split())
    for reason, names in {
        "reads files or addresses": """
            glob parquet_bloom_probe parquet_file_metadata parquet_full_metadata parquet_kv_metadata parquet_metadata
            parquet_scan parquet_schema read_blob read_csv read_csv_auto read_duckdb read_json read_json_auto
            read_json_objects read_json_objects_auto read_ndjson read_ndjson_auto read_ndjson_objects read_parquet read_text
            sniff_csv""",
        "runs SQL that is hidden in a text": """
            json_deserialize_sql json_execute_serialized_sql json_serialize_plan json_serialize_sql query query_table
            histogram_values""",
        "reads memory by its address": "arrow_scan arrow_scan_dumb pandas_scan python_map_function seq_scan",
        "reads settings, variables or secrets": "current_setting getenv getvariable in_search_path which_secret",
        "reads the catalogue": """
            col_description current_catalog current_database current_role current_schema current_schemas current_user
            format_pg_type format_type inet_client_addr inet_client_port inet_server_addr inet_server_port map_to_pg_oid
            obj_description session_user shobj_description summary user""",
        "reads or changes the engine itself": """
            checkpoint current_connection_id current_query current_query_id current_transaction_id disable_logging
            disable_profiling enable_logging enable_profiling force_checkpoint get_block_size icu_calendar_names
            parse_duckdb_log_message setseed sleep_ms stats truncate_duckdb_logs txid_current vector_type version write_log""",
        "counts in a sequence": "currval nextval",
        "is made of raw bytes or states that the engine trusts": """
            combine create_sort_key finalize icu_sort_key variant_bytes_to_variant variant_normalize
            variant_to_parquet_variant""",
        "is the engine's own": """
            can_cast_implicitly constant_or_null get_type is_histogram_other_bin make_type remap_struct repeat_row
            replace_type test_all_types test_vector_types timetz_byte_comparable unpivot_list""",
        "is about shapes on a map, which are not offered": """
            st_asbinary st_astext st_aswkb st_aswkt st_crs st_geomfromwkb st_intersects_extent st_setcrs""",
    }.items()
}  # fmt: skip
REFUSED_PREFIXES: Mapping[str, str] = {
    "duckdb_": "reads the catalogue",
    "pragma_": "reads the catalogue",
    "pg_": "reads the catalogue",
    "has_": "reads the catalogue",
    "icu_collate_": "is the engine's own",
    "__internal_": "is the engine's own",
}


def reason_against(name: str) -> str:
    """Why it is refused, for a sentence that begins with its name; empty where nobody wrote it down."""
    for reason, names in REFUSED.items():
        if name in names:
            return reason
    return next((reason for prefix, reason in REFUSED_PREFIXES.items() if name.startswith(prefix)), "")
