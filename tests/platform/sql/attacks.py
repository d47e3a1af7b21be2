r"""Texts that must not run, each of one line; `\n` in them is a new line. First those that are no query or a forbidden one, then
those that are no SQL at all.
"""

from __future__ import annotations

_REJECTED = r"""
SELECT count(*) FROM 's3://lake/wh/p1.parquet'
SELECT count(*) FROM read_parquet(['s3://lake/wh/p1.parquet', 's3://lake/wh/p2.parquet'])
SELECT * FROM 's3://lake/secret/x.parquet'
SELECT count(*) FROM 's3://lake/wh/*.parquet'
SELECT count(*) FROM read_parquet('s3://lake/**/*.parquet', union_by_name = true)
SELECT * FROM 's3://lake/wh/../secret/x.parquet'
SELECT count(*) FROM 's3://lake/wh/p1.parquet?s3_endpoint=127.0.0.1:28888'
SELECT * FROM read_parquet('s3://lake/wh/%2e%2e/secret/x.parquet')
SELECT * FROM 's3a://lake/secret/x.parquet'
SELECT content FROM read_text('http://127.0.0.1:28888/buckets/lake/b/1.txt')
SELECT * FROM glob('s3://lake/**')
SELECT count(*) FROM glob('/etc/*')
SELECT length(content) FROM read_text('/etc/passwd')
SELECT size FROM read_blob('/etc/passwd')
SELECT count(*) FROM read_csv('/etc/passwd', auto_detect = true)
FROM './data/local.csv'
SELECT * FROM sniff_csv('/etc/passwd')
SELECT length(content) FROM read_text('/proc/self/environ')
COPY (SELECT 1) TO './data/out.csv'
COPY (SELECT 1) TO 's3://lake/wh/evil.parquet'
COPY (SELECT 666 id) TO 's3://lake/wh/p2.parquet' (FORMAT parquet)
CREATE TEMP TABLE t1(a VARCHAR); COPY t1 FROM '/etc/passwd'
EXPORT DATABASE './data/exp'
IMPORT DATABASE './data/exp'
ATTACH './data/x.db' AS x
ATTACH ':memory:' AS m2
ATTACH 'host=127.0.0.1 dbname=postgres user=postgres' AS pg2 (TYPE postgres)
SELECT * FROM postgres_scan('host=127.0.0.1 dbname=trace', 'public', 'x')
SELECT * FROM postgres_query('pg', 'select current_user, version()')
SELECT * FROM postgres_query('pg', 'commit; create table hacked2(a int); select 1 as x')
CALL postgres_execute('pg', 'create table hacked3(a int)')
CREATE TABLE pg.public.h4 AS SELECT 1 a
SELECT count(*) FROM pg.pg_catalog.pg_roles
CALL postgres_configure_pool()
INSTALL spatial
LOAD './x.duckdb_extension'
SET enable_external_access = true
SET memory_limit = '100GB'
SET search_path = 'main'
SET VARIABLE v = 1
RESET enable_external_access
PRAGMA database_list
PRAGMA enable_profiling; SET profiling_output = './data/prof.json'
PRAGMA table_info('blocks')
CALL duckdb_settings()
SELECT name, secret_string FROM duckdb_secrets()
SELECT secret_string FROM duckdb_secrets(redact = false)
SELECT * FROM which_secret('s3://lake/x', 's3')
CREATE SECRET s2 (TYPE s3, KEY_ID 'x', SECRET 'y', ENDPOINT '127.0.0.1:1')
CREATE PERSISTENT SECRET s3x (TYPE s3, KEY_ID 'x', SECRET 'y')
DROP SECRET s
SELECT name, value FROM duckdb_settings() WHERE value ILIKE '%secret%'
SELECT getenv('SEKRET')
SELECT database_name, path FROM duckdb_databases()
SELECT sql FROM duckdb_views() WHERE NOT internal
SELECT * FROM query('select 42 as a')
SELECT * FROM query($$from read_text('/etc/passwd')$$)
SELECT * FROM query_table('/etc/passwd')
SELECT * FROM query_table(['a', 'b'])
SELECT * FROM read_json('/etc/hostname')
SELECT * FROM parquet_metadata('s3://lake/secret/x.parquet')
SELECT count(*) FROM parquet_file_metadata('s3://lake/wh/p1.parquet')
SELECT * FROM read_duckdb('./data/x.db')
CALL enable_logging(storage = 'file', storage_path = './data/lg')
CREATE MACRO f(a) AS a + 1
CREATE TABLE zz(a INT)
CREATE VIEW v AS SELECT 1
DROP VIEW IF EXISTS p1
COPY FROM DATABASE memory TO pg
SELECT write_log('x')
CHECKPOINT
SELECT * FROM duckdb_temporary_files()
SELECT * FROM 'hf://datasets/x/y.csv'
SELECT * FROM read_text('file:///etc/passwd')
EXPLAIN ANALYZE COPY (SELECT 1) TO './data/o2.csv'
PREPARE q AS SELECT 1
EXECUTE q
DEALLOCATE q
INSERT INTO blocks SELECT 1
UPDATE blocks SET number = 1
DELETE FROM blocks
MERGE INTO blocks USING people ON true WHEN MATCHED THEN DELETE
TRUNCATE blocks
ALTER TABLE blocks ADD COLUMN x INT
BEGIN; SELECT 1; COMMIT
VACUUM
ANALYZE
USE main
DETACH memory
COMMENT ON TABLE blocks IS 'x'
SELECT 1; SELECT 2
SELECT 1; DROP TABLE blocks
SELECT 1;;SELECT 2
SELECT 1 -- \n; SELECT 2
;
-- nothing

SELECT ('SEKRET').getenv()
SELECT 'x' AS a, a.getenv()
SELECT "getenv"('x')
SELECT "GETENV"('x')
SELECT GeTeNv('x')
SELECT main.getenv('x')
SELECT system.main.getenv('x')
SELECT system.main.lower('x')
SELECT pg_catalog.lower('x')
SELECT /* */ getenv /* */ ('x')
SELECT getenv--x\n('x')
SELECT getenv ('x')
SELECT lower(upper(concat('a', getenv('x'))))
SELECT (SELECT getenv('x'))
SELECT 1 WHERE getenv('x') = 'y'
SELECT 1 FROM blocks GROUP BY getenv('x')
SELECT 1 FROM blocks HAVING getenv('x') = 'y'
SELECT 1 FROM blocks QUALIFY getenv('x') = 'y'
SELECT 1 FROM blocks ORDER BY getenv('x')
SELECT 1 FROM blocks LIMIT getenv('x')::INT
SELECT 1 FROM blocks OFFSET getenv('x')::INT
SELECT DISTINCT ON (getenv('x')) 1 FROM blocks
SELECT count(*) FILTER (WHERE getenv('x') = 'y') FROM blocks
SELECT sum(number) FILTER (getenv('x') = 'y') OVER () FROM blocks
SELECT sum(number) OVER (PARTITION BY getenv('x')) FROM blocks
SELECT sum(number) OVER (ORDER BY getenv('x')) FROM blocks
SELECT sum(number) OVER (ORDER BY number ROWS getenv('x')::INT PRECEDING) FROM blocks
SELECT sum(number) OVER w FROM blocks WINDOW w AS (PARTITION BY getenv('x'))
SELECT lag(number, 1, getenv('x')) OVER () FROM blocks
SELECT list(number ORDER BY getenv('x')) FROM blocks
SELECT getenv('x') OVER () FROM blocks
SELECT percentile_cont(0.5) WITHIN GROUP (ORDER BY getenv('x')) FROM blocks
SELECT {'a': getenv('x')}
SELECT [getenv('x')]
SELECT MAP {'a': getenv('x')}
SELECT (1, getenv('x'))
SELECT [getenv(y) FOR y IN ['x']]
SELECT [y FOR y IN ['x'] IF getenv(y) = 'z']
SELECT list_transform(['x'], y -> getenv(y))
SELECT list_transform(['x'], lambda y: getenv(y))
SELECT list_filter(['x'], lambda y: ('x').getenv() = y)
SELECT CASE WHEN true THEN getenv('x') END
SELECT CASE getenv('x') WHEN 'a' THEN 1 END
SELECT CASE WHEN false THEN 1 ELSE getenv('x') END
SELECT coalesce(NULL, getenv('x'))
SELECT TRY(getenv('x'))
SELECT getenv('x') BETWEEN 'a' AND 'b'
SELECT 'a' IN (getenv('x'))
SELECT 'a' IN (SELECT getenv('x'))
SELECT EXISTS (SELECT getenv('x'))
SELECT 'a' = ANY (SELECT getenv('x'))
SELECT getenv('x')::VARCHAR
SELECT INTERVAL (getenv('x')) DAY
SELECT getenv('x') COLLATE NOCASE
SELECT getenv('x')[1]
SELECT [1, 2][getenv('x')::INT]
SELECT 'a' || getenv('x')
SELECT -getenv('x')
SELECT * REPLACE (getenv('x') AS hash) FROM blocks
SELECT COLUMNS(c -> getenv(c) = 'x') FROM blocks
SELECT COLUMNS(lambda c: getenv(c) = 'x') FROM blocks
WITH a AS (SELECT getenv('x')) SELECT 1
WITH a AS (WITH b AS (SELECT getenv('x')) SELECT 1) SELECT 1
WITH RECURSIVE a AS (SELECT 1 UNION ALL SELECT getenv('x') FROM a) SELECT * FROM a
SELECT 1 UNION SELECT getenv('x')
SELECT 1 UNION ALL (SELECT 2 EXCEPT SELECT getenv('x'))
(SELECT 1) ORDER BY getenv('x')
VALUES (getenv('x'))
SELECT * FROM (VALUES (1, getenv('x'))) AS t(a, b)
SELECT * FROM blocks b, LATERAL (SELECT getenv(b.hash)) x
SELECT * FROM blocks JOIN people ON getenv('x') = 'y'
SELECT * FROM range(getenv('x')::INT)
SELECT * FROM unnest([getenv('x')])
SELECT * FROM blocks POSITIONAL JOIN (SELECT getenv('x')) y
SELECT * FROM blocks GROUP BY GROUPING SETS ((getenv('x')))
FROM prices PIVOT (sum(getenv('x')) FOR symbol IN ('a'))
PIVOT prices ON getenv(symbol) IN ('a') USING sum(price)
PIVOT prices ON symbol USING sum(price)
PIVOT prices ON symbol IN (SELECT symbol FROM prices) USING sum(price)
FROM prices PIVOT (sum(price) FOR symbol IN some_enum)
FROM (PIVOT 'x.parquet' ON a IN (1) USING sum(b))
UNPIVOT 'x.parquet' ON a, b
UNPIVOT read_csv('x') ON COLUMNS(*)
DESCRIBE 'x.parquet'
DESCRIBE SELECT getenv('x')
SUMMARIZE 'x.parquet'
SUMMARIZE SELECT * FROM read_text('/etc/passwd')
DESCRIBE FROM read_text('/etc/passwd')
FROM (DESCRIBE 'x.parquet')
FROM (SUMMARIZE SELECT getenv('x'))
EXPLAIN SELECT getenv('x')
EXPLAIN ANALYZE SELECT * FROM read_text('/etc/passwd')
EXPLAIN EXPLAIN SELECT 1
EXPLAIN PRAGMA version
EXPLAIN CREATE TABLE x AS SELECT 1
EXPLAIN SELECT 1; DROP TABLE blocks
EXPLAIN
/* EXPLAIN */ COPY blocks TO 'x'
SHOW TABLES
SHOW ALL TABLES
SHOW DATABASES
SHOW SCHEMAS
SHOW VARIABLES
FROM (SHOW TABLES)
FROM (SHOW ALL TABLES)
SELECT * FROM (SHOW DATABASES)
SHOW memory_limit; SELECT 1
FROM information_schema.tables
FROM pg_catalog.pg_class
FROM main.blocks
FROM memory.main.blocks
FROM system.information_schema.columns
FROM a.b.c
FROM temp.x
FROM "information_schema"."tables"
FROM INFORMATION_SCHEMA.TABLES
FROM /* */ 'x.csv'
FROM $$x.csv$$
FROM $a$x.csv$a$
FROM E'x.csv'
FROM e'x.csv'
FROM 'x.csv' AS blocks
FROM blocks, 'x.csv'
FROM blocks JOIN 'x.csv' USING (a)
FROM blocks WHERE number IN (FROM 'x.csv')
WITH a AS (FROM 'x.csv') FROM a
FROM b: 'x.csv'
TABLE 'x.csv'
FROM (TABLE 'x.csv')
SELECT * FROM blocks UNION ALL BY NAME FROM 'x.csv'
SELECT * FROM duckdb_tables()
SELECT * FROM duckdb_functions()
SELECT * FROM duckdb_columns()
SELECT * FROM duckdb_variables()
SELECT * FROM duckdb_memory()
SELECT * FROM duckdb_logs()
SELECT * FROM duckdb_logs_parsed('FileSystem')
SELECT * FROM duckdb_extensions()
SELECT * FROM duckdb_prepared_statements()
SELECT * FROM pragma_table_info('blocks')
SELECT * FROM pragma_database_size()
SELECT * FROM pragma_storage_info('blocks')
SELECT * FROM pragma_version()
SELECT * FROM pragma_user_agent()
SELECT * FROM pg_timezone_names()
SELECT * FROM test_all_types()
SELECT * FROM seq_scan('blocks')
SELECT * FROM arrow_scan(140000000, 140000001, 140000002)
SELECT * FROM pandas_scan(140000000)
SELECT * FROM python_map_function(1)
SELECT * FROM json_execute_serialized_sql('{}')
SELECT * FROM repeat_row(1, num_rows = 1000000000)
SELECT * FROM histogram('blocks', number)
SELECT * FROM histogram_values('/etc/passwd', column0)
SELECT * FROM main.range(3)
SELECT * FROM lower('x')
SELECT * FROM getenv('x')
SELECT * FROM truncate_duckdb_logs()
SELECT * FROM force_checkpoint()
SELECT json_serialize_sql('select 1')
SELECT json_deserialize_sql('{}')
SELECT json_serialize_plan('select * from blocks')
SELECT current_setting('memory_limit')
SELECT getvariable('x')
SELECT nextval('s'), currval('s')
SELECT version()
SELECT current_query()
SELECT current_database(), current_schema()
SELECT current_schemas(true)
SELECT current_user
SELECT session_user
SELECT CURRENT_CATALOG
SELECT "current_schema"
SELECT user()
SELECT txid_current()
SELECT in_search_path('a', 'b')
SELECT pg_sleep(10)
SELECT sleep_ms(10000)
SELECT pg_get_viewdef(1)
SELECT has_table_privilege('a', 'b')
SELECT inet_server_addr()
SELECT stats(number) FROM blocks
SELECT vector_type(number) FROM blocks
SELECT setseed(0.5)
SELECT icu_sort_key('a', 'de')
SELECT icu_collate_de('a')
SELECT 'a' COLLATE de
SELECT 'a' COLLATE "de.NOCASE"
SELECT number FROM blocks ORDER BY hash COLLATE icu_noaccent
SELECT 'a'::VARCHAR COLLATE sk
SELECT create_sort_key('a', 'ASC')
SELECT finalize('ab'::BLOB)
SELECT combine('ab'::BLOB, 'ab'::BLOB)
SELECT sum(number) EXPORT_STATE FROM blocks
SELECT __internal_compress_string_ubigint('a')
SELECT constant_or_null(1, 2)
SELECT variant_bytes_to_variant('a')
SELECT list_aggregate([1], 'getenv')
SELECT list_aggr([1], hash) FROM blocks
SELECT array_aggregate([1], 'su' || 'm')
SELECT aggregate([1], (SELECT 'sum'))
SELECT list_aggregate([1])
SELECT [1].list_aggr('getenv')
SELECT 'x'::regtype
SELECT 'x'::regclass
SELECT 1::main.foo
SELECT 1::some_type
SELECT CAST(1 AS "STRUCT")
SELECT NULL::SECRET
SELECT []::regtype[]
SELECT {'a': 1}::STRUCT(a regclass)
SELECT CAST(NULL AS MAP(INT, unknown_type))
SELECT ?
SELECT $1
SELECT ?, ?
SELECT number FROM blocks WHERE hash = $1 AND author = $2
SELECT $1, $name
FROM blocks AT (TIMESTAMP => now())
FROM blocks AT (VERSION => 'latest')
FROM blocks AT (VERSION => -1)
FROM blocks AT (VERSION => 0)
FROM blocks AT (VERSION => 1.5)
FROM blocks AT (VERSION => 2 + 1)
FROM blocks AT (VERSION => (3))
FROM blocks AT (VERSION => $v)
FROM blocks AT (VERSION => (SELECT 3))
FROM blocks AT (VERSION => getenv('x'))
WITH a AS (SELECT 1) FROM a AT (VERSION => 3)
SELECT nothing_like_this(1)
SELECT DEFAULT
SELECT OPERATOR(pg_catalog.+)(1, 2)
WITH read_text AS (SELECT 1) FROM read_text('/etc/passwd')
WITH range AS (SELECT 1) FROM glob('*')
FROM recurring.blocks
WITH a AS (SELECT 1) FROM main.a
SELECT * FROM blocks EXCEPT SELECT * FROM read_text('x')
"""
_SYNTAX = r"""
WITH RECURSIVE a(x) USING KEY (getenv('x')) AS (SELECT 1 UNION SELECT 2) FROM a
WITH a AS (SHOW TABLES) FROM a
FROM x'6162'
SELECT * FROM summary(TABLE blocks)
SELECT CAST('a' AS VARCHAR COLLATE sk)
FROM blocks AT (SNAPSHOT => 3)
SELECT
SELECT FROM
SELECT 1 FROM
SELECT (1
SELECT 1)
SELECT 'open
SELECT "open
SELECT /* open
SELECT $$open
SELECT $a$open$b$
SELECT * FORM blocks
SELECT * FROM blocks WHERE
SELECT 'x'.getenv()
FROM 's'.x
FROM read_csv('x') AT (VERSION => 3)
FROM blocks AT (VERSION => 3) b
DESCRIBE read_csv('x')
EXPLAIN (FORMAT JSON) SELECT 1
EXPLAIN (ANALYZE) SELECT 1
EXPLAIN ANALYZE VERBOSE SELECT 1
SELECT u&'\0061'
SELECT \getenv
SELECT * FROM blocks FOR UPDATE
SELECT 1 INTO x
SELECT a LIKE ANY (SELECT 1)
WITH a AS (INSERT INTO blocks VALUES (1) RETURNING *) FROM a
SELECT * FROM (DELETE FROM blocks RETURNING *)
WITH a AS (SELECT 1), a AS (SELECT 2) FROM a
SELECT sum(x) WITHIN GROUP (ORDER BY y) FROM blocks
select 1 from blocks tablesample
"""


def _lines(text: str) -> list[str]:
    return [line.replace(r"\n", "\n") for line in text[1:].splitlines()]


REJECTED = _lines(_REJECTED)
SYNTAX = _lines(_SYNTAX)
