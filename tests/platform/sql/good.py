"""Queries that people write, each of one line. All of them give one answer, however often they are asked."""

from __future__ import annotations

_TEXT = r"""
SELECT * FROM blocks
FROM blocks
FROM blocks SELECT number, hash
SELECT number, hash FROM blocks WHERE number BETWEEN 3 AND 9 ORDER BY number DESC LIMIT 5 OFFSET 1
select Number, "hash" from Blocks where NUMBER > 3
SELECT b.number, t.hash FROM blocks b JOIN transactions t ON t.block_number = b.number
SELECT blocks.number, transactions.hash FROM blocks, transactions WHERE transactions.block_number = blocks.number
SELECT blocks.number, blocks.author FROM blocks LEFT JOIN people ON blocks.number = people.id WHERE people.id IS NULL
SELECT * FROM blocks SEMI JOIN people ON blocks.number = people.id
SELECT * FROM blocks ANTI JOIN people ON blocks.number = people.id
SELECT id, author FROM people CROSS JOIN blocks
SELECT * FROM (SELECT number AS id FROM blocks) NATURAL JOIN people
SELECT id, name, hash FROM people JOIN (SELECT number AS id, hash FROM blocks) b USING (id)
SELECT * FROM blocks POSITIONAL JOIN people
SELECT t.at_time, t.price, b.number FROM prices t ASOF JOIN blocks b ON t.at_time >= b.time
SELECT p.at_time, b.number FROM prices p ASOF LEFT JOIN blocks b ON b.author = p.desk AND p.at_time >= b.time
SELECT author, count(*) AS n, sum(gas_used) FROM blocks GROUP BY author HAVING count(*) > 2 ORDER BY n DESC, author
SELECT author, count(*) FROM blocks GROUP BY ALL ORDER BY ALL
SELECT author, is_full, count(*) FROM blocks GROUP BY GROUPING SETS ((author), (author, is_full), ())
SELECT author, is_full, grouping(author, is_full), sum(size) FROM blocks GROUP BY ROLLUP (author, is_full)
SELECT author, size, count(*) FROM blocks GROUP BY CUBE (author, size)
SELECT 1 + number % 2, max(hash) FROM blocks GROUP BY 1
SELECT DISTINCT author FROM blocks
SELECT DISTINCT ON (author) author, number FROM blocks ORDER BY author, number DESC
SELECT count(DISTINCT author), count(*) FILTER (WHERE is_full), avg(size) FILTER (is_full) FROM blocks
SELECT number, row_number() OVER (PARTITION BY author ORDER BY number) FROM blocks
SELECT number, sum(size) OVER (ORDER BY number ROWS BETWEEN 2 PRECEDING AND CURRENT ROW) FROM blocks
SELECT number, avg(size) OVER (ORDER BY time RANGE BETWEEN INTERVAL 1 MINUTE PRECEDING AND CURRENT ROW) FROM blocks
SELECT number, lag(size, 1, 0) OVER w, lead(size) OVER w, first_value(hash) OVER w FROM blocks WINDOW w AS (ORDER BY number)
SELECT number, last_value(size IGNORE NULLS) OVER (ORDER BY number) FROM blocks
SELECT number, ntile(4) OVER (ORDER BY number), percent_rank() OVER (ORDER BY size), cume_dist() OVER (ORDER BY size) FROM blocks
SELECT number, rank() OVER (ORDER BY size), dense_rank() OVER (ORDER BY size) FROM blocks
SELECT number, sum(size) OVER (ORDER BY size GROUPS BETWEEN 1 PRECEDING AND 1 FOLLOWING EXCLUDE CURRENT ROW) FROM blocks
SELECT number, count(*) FILTER (is_full) OVER (PARTITION BY author) FROM blocks
SELECT author, number FROM blocks QUALIFY row_number() OVER (PARTITION BY author ORDER BY number DESC) = 1
SELECT number FROM blocks WINDOW w AS (ORDER BY number) QUALIFY rank() OVER w <= 2 ORDER BY number
WITH b AS (SELECT * FROM blocks WHERE is_full) SELECT author, count(*) FROM b GROUP BY author
WITH a AS (FROM blocks), b AS (SELECT number FROM a WHERE size > 1) SELECT count(*) FROM b JOIN a USING (number)
WITH blocks AS (SELECT number, author FROM blocks) SELECT * FROM blocks
WITH t(n, a) AS (SELECT number, author FROM blocks) SELECT a, sum(n) FROM t GROUP BY a
WITH a AS MATERIALIZED (SELECT * FROM blocks) SELECT a.number FROM a JOIN a AS c USING (number)
WITH RECURSIVE t(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM t WHERE n < 20) SELECT sum(n) FROM t
WITH RECURSIVE up AS (SELECT id, team FROM people WHERE id = 11 UNION SELECT p.id, p.team FROM people p, up WHERE p.id = up.team) FROM up
WITH RECURSIVE a(x, y) USING KEY (x) AS (SELECT 1, 1 UNION SELECT x, y + 1 FROM a WHERE y < 5) SELECT * FROM a
WITH a AS (WITH b AS (SELECT number FROM blocks) SELECT * FROM b) SELECT * FROM a
SELECT * FROM (WITH x AS (SELECT id FROM people) SELECT * FROM x) AS y
SELECT number FROM blocks UNION SELECT id FROM people
SELECT number FROM blocks UNION ALL SELECT id FROM people
SELECT number, author FROM blocks UNION ALL BY NAME SELECT name AS author, id AS number FROM people
SELECT number FROM blocks EXCEPT SELECT id FROM people
SELECT number FROM blocks INTERSECT ALL SELECT id FROM people ORDER BY 1
(SELECT number FROM blocks ORDER BY number LIMIT 2) UNION ALL (SELECT id FROM people ORDER BY id LIMIT 2)
SELECT * FROM blocks WHERE author IN (SELECT 'author ' || team FROM people)
SELECT * FROM blocks b WHERE EXISTS (SELECT 1 FROM transactions t WHERE t.block_number = b.number AND t.value > 10)
SELECT * FROM blocks b WHERE NOT EXISTS (FROM people p WHERE p.id = b.number)
SELECT number, (SELECT count(*) FROM transactions t WHERE t.block_number = b.number) AS n FROM blocks b
SELECT number FROM blocks WHERE size > ALL (SELECT team FROM people) OR size = ANY (SELECT id FROM people WHERE id < 2)
SELECT number FROM blocks WHERE (number, size) IN (SELECT id, team FROM people)
SELECT b.number, x.hash FROM blocks b, LATERAL (SELECT hash FROM transactions t WHERE t.block_number = b.number) x
SELECT b.number, x.n FROM blocks b LEFT JOIN LATERAL (SELECT count(*) AS n FROM transactions t WHERE t.block_number = b.number) x ON true
SELECT hash, unnest(topics) FROM transactions
SELECT t.hash, u.x FROM transactions t, unnest(t.topics) AS u(x)
SELECT t.hash, u.x, u.i FROM transactions t, LATERAL unnest(t.topics) WITH ORDINALITY AS u(x, i)
SELECT unnest(call) FROM transactions
SELECT unnest([{'a': [1, 2], 'b': 3}], recursive := true)
SELECT list_transform(topics, x -> x * 2) FROM transactions
SELECT list_transform(topics, lambda x: x * 2), list_filter(topics, lambda x, i: i > 1) FROM transactions
SELECT list_reduce(topics, lambda acc, x: acc + x), list_sort(topics, 'DESC') FROM transactions
SELECT [x * 2 FOR x IN topics IF x > 3] FROM transactions
SELECT [x + 1 FOR x, i IN topics IF i > 1] FROM transactions
SELECT topics[1], topics[-1], topics[1:2], topics[:-1:2], len(topics) FROM transactions
SELECT list_sum(topics), list_aggregate(topics, 'max'), list_aggr(topics, 'string_agg', '|') FROM transactions
SELECT list_contains(topics, 3), list_position(topics, 3), topics && [1, 2], topics || [9] FROM transactions
SELECT array_agg(number ORDER BY number DESC), string_agg(author, ', ' ORDER BY number) FROM blocks
SELECT author, list(number ORDER BY number), first(hash ORDER BY number), arg_max(hash, number), max_by(hash, size * 100 + number) FROM blocks GROUP BY author
SELECT call.kind, call['note'], (call).note, t.call.kind FROM transactions t
SELECT call.* FROM transactions
SELECT struct_extract(call, 'kind'), struct_pack(a := hash, b := value), struct_insert(call, extra := 1) FROM transactions
SELECT {'n': number, 'a': {'b': author}} AS s FROM blocks
SELECT row(1, 'a'), (1, 2), ROW(number, author) FROM blocks
SELECT tags['a'], map_keys(tags), map_values(tags), element_at(tags, 'b'), cardinality(tags) FROM transactions
SELECT MAP {'x': 1}, map([1, 2], ['a', 'b']), map_from_entries([(1, 'a')])
SELECT meta -> 'k', meta ->> 'k', meta -> '$.l[0]', json_extract_string(meta, '$.k'), meta ->> '$.l[1]' FROM transactions
SELECT json_extract(meta, '$.k')::INT + 1, json_type(meta), json_keys(meta), json_array_length(meta -> 'l') FROM transactions
SELECT e.key, e.value FROM transactions t, json_each(t.meta) e WHERE t.value > 10
SELECT from_json(meta, '{"k": "INT", "l": ["INT"]}').k, to_json(call), json_object('a', value) FROM transactions
SELECT json_group_array(n), json_group_object(a, n) FROM (SELECT author AS a, max(number) AS n FROM blocks WHERE number = 3 GROUP BY 1)
SELECT '{"a": [1, 2]}'::JSON -> 'a' -> 0, json_valid('{'), CAST('[1]' AS JSON)
SELECT CAST(gas_used AS HUGEINT) * 1000000000000000000, gas_used::UHUGEINT, base_fee::DECIMAL(38, 18), base_fee::DOUBLE FROM blocks
SELECT 340282366920938463463374607431768211455::UHUGEINT, '115792089237316195423570985008687907853269984665640564039457'::BIGNUM, 1e18::DOUBLE
SELECT TRY_CAST(hash AS INTEGER), number::VARCHAR, number::UBIGINT, size::TINYINT, is_full::INT FROM blocks
SELECT number::STRUCT(a INT), number FROM (SELECT {'a': 1} AS number)
SELECT [1, 2]::BIGINT[], [1, 2, 3]::INT[3], {'a': 1}::STRUCT(a VARCHAR), MAP {'a': 1}::MAP(VARCHAR, DOUBLE), 'x'::ENUM('x', 'y')
SELECT DATE '2026-01-02', TIMESTAMP '2026-01-02 03:04:05', epoch(TIMESTAMPTZ '2026-01-02 03:04:05+00'), INTERVAL 3 DAY, INTERVAL '2 hours', INTERVAL (size) MINUTE FROM blocks
SELECT time + INTERVAL 1 HOUR, time - INTERVAL '1' DAY, time - TIMESTAMP '2026-01-01', age(time, TIMESTAMP '2025-01-01') FROM blocks
SELECT date_trunc('minute', time) AS m, count(*) FROM blocks GROUP BY m
SELECT extract(hour FROM time), date_part('epoch', time), epoch(time), year(time), strftime(time, '%Y-%m-%d'), dayname(time) FROM blocks
SELECT time_bucket(INTERVAL '1 minute', time) AS t, avg(size) FROM blocks GROUP BY 1 ORDER BY 1
SELECT epoch(time AT TIME ZONE 'UTC'), epoch(timezone('Europe/Prague', time)), epoch(to_timestamp(1700000000)), make_date(2026, 1, 2) FROM blocks
SELECT strptime('2026-01-02', '%Y-%m-%d'), try_strptime('x', '%Y'), date_diff('day', DATE '2026-01-01', DATE '2026-02-01')
SELECT current_date = today(), now() IS NOT NULL, current_timestamp IS NOT NULL, get_current_time() IS NULL, localtimestamp > '2020-01-01'::TIMESTAMP
SELECT d FROM generate_series(DATE '2026-01-01', DATE '2026-01-05', INTERVAL 1 DAY) AS t(d)
SELECT i FROM range(5) AS r(i)
FROM range(0, 10, 2)
SELECT range, b.hash FROM range(10) LEFT JOIN blocks b ON b.number = range
SELECT generate_series(1, 3), range(3)
SELECT regexp_matches(hash, '^[0-9a-f]+$'), regexp_extract(hash, '([0-9]+)', 1), regexp_replace(hash, '[a-f]', '', 'g') FROM blocks
SELECT hash ~ 'a.*', hash SIMILAR TO '.*', hash LIKE 'a%', hash ILIKE '%A%', hash NOT LIKE '%b', hash GLOB '*a*', hash LIKE '%$_%' ESCAPE '$' FROM blocks
SELECT regexp_extract_all(hash, '[0-9]+'), regexp_split_to_array(hash, 'a'), string_split(author, ' ') FROM blocks
SELECT lower(author), upper(author), author || '!', concat(author, number), concat_ws('-', author, number), substring(hash, 1, 4), hash[1:4] FROM blocks
SELECT substring(hash FROM 2 FOR 3), position('a' IN hash), trim(BOTH 'a' FROM hash), left(hash, 2), lpad(author, 12, '.'), replace(hash, 'a', 'b') FROM blocks
SELECT format('{} of {}', number, author), printf('%d-%s', number, author), strip_accents('é'), starts_with(author, 'a'), author ^@ 'au' FROM blocks
SELECT author.upper(), hash.substring(1, 4).upper(), (number + 1).abs() FROM blocks
SELECT b.author.upper() FROM blocks b
SELECT unhex('ab'), hex('ab'::BLOB), '\xAB'::BLOB, from_base64('YQ=='), encode('a'), md5(hash), sha256(hash), hash(number) FROM blocks
SELECT CASE WHEN size > 2 THEN 'big' WHEN size > 1 THEN 'mid' ELSE 'small' END, CASE author WHEN 'author 1' THEN 1 END FROM blocks
SELECT coalesce(NULL, author), nullif(size, 1), ifnull(size, 0), if(is_full, 1, 2), greatest(size, 2), least(size, 2) FROM blocks
SELECT size IS NULL, size IS NOT NULL, is_full IS TRUE, size IS DISTINCT FROM 1, size BETWEEN 1 AND 2, NOT is_full, size IN (1, 2), size NOT IN (3) FROM blocks
SELECT size + 1, size - 1, size * 2, size / 2, size // 2, size % 2, size ** 2, size ^ 2, -size, ~size, size & 1, size | 1, size << 1, size >> 1, xor(size, 1), @(-size), 4! FROM blocks
SELECT round(value, 2), floor(value), ceil(value), sqrt(value), ln(value + 1), log10(value + 1), power(value, 2), abs(-value), sign(value), pi() FROM transactions
SELECT median(value), quantile_cont(value, 0.9), quantile_disc(value, [0.1, 0.9]), mode(value), stddev(value), var_pop(value), corr(value, block_number), approx_count_distinct(sender) FROM transactions
SELECT percentile_cont(0.5) WITHIN GROUP (ORDER BY value), mode() WITHIN GROUP (ORDER BY sender) FROM transactions
SELECT histogram(size), bool_and(is_full), bool_or(is_full), bit_and(size), any_value(1), count_if(is_full), product(1), entropy(author), kurtosis(size) FROM blocks
SELECT regr_slope(value, block_number), covar_samp(value, block_number), weighted_avg(value, block_number) FROM transactions
SELECT * EXCLUDE (hash, author) FROM blocks
SELECT * EXCLUDE (b.hash) FROM blocks b
SELECT * REPLACE (upper(author) AS author) FROM blocks
SELECT * RENAME (number AS height) FROM blocks
SELECT b.* EXCLUDE (time), t.hash FROM blocks b JOIN transactions t ON b.number = t.block_number
SELECT COLUMNS('^(number|size)$') FROM blocks
SELECT COLUMNS(c -> c LIKE 's%') FROM blocks
SELECT COLUMNS(lambda c: c LIKE 's%') FROM blocks
SELECT max(COLUMNS(* EXCLUDE (is_full))) FROM blocks
SELECT COLUMNS(['number', 'size']) + 1 FROM blocks
SELECT coalesce(*COLUMNS(['author', 'hash'])) FROM blocks
SELECT * LIKE 'n%' FROM blocks
SELECT count(COLUMNS(*)) FROM blocks
SELECT number AS n, n + 1 AS m, m * 2 FROM blocks WHERE n > 3
SELECT n: number, a: upper(author) FROM blocks
SELECT b FROM blocks AS b
FROM b: blocks SELECT b.number
SELECT x, y FROM people AS p(x, y)
VALUES (1, 'a'), (2, 'b')
SELECT * FROM (VALUES (1, 'a'), (2, 'b')) AS t(n, s)
TABLE blocks
SELECT * FROM (TABLE people)
DESCRIBE blocks
DESC people
SHOW blocks
DESCRIBE TABLE blocks
DESCRIBE SELECT number, author FROM blocks
SUMMARIZE people
SUMMARIZE SELECT id, team FROM people
SELECT column_name FROM (DESCRIBE blocks)
SELECT column_name, min FROM (SUMMARIZE SELECT id, team FROM people)
PIVOT prices ON symbol IN ('ETH', 'BTC') USING avg(price) GROUP BY desk
PIVOT (SELECT symbol, price FROM prices) ON symbol IN ('ETH', 'BTC') USING max(price), min(price) AS low
SELECT * FROM prices PIVOT (sum(price) FOR symbol IN ('ETH', 'BTC') GROUP BY desk)
UNPIVOT (SELECT id, team FROM people) ON id, team INTO NAME what VALUE n
SELECT * FROM (SELECT id, team FROM people) UNPIVOT (n FOR what IN (id, team))
SELECT * FROM blocks USING SAMPLE 100%
SELECT count(*) FROM blocks TABLESAMPLE 100 PERCENT (bernoulli)
SELECT count(*) FROM blocks TABLESAMPLE reservoir(50 ROWS) REPEATABLE (3)
SELECT number FROM blocks ORDER BY author COLLATE NOCASE, number NULLS LAST LIMIT 10%
SELECT number FROM blocks ORDER BY number LIMIT (SELECT count(*) // 2 FROM people)
SELECT DISTINCT ON (author, size) * FROM blocks ORDER BY author, size, number
SELECT 'it''s', $$dollar 'quoted'$$, $tag$ a $$ b $tag$, E'a\n' -- a comment
SELECT /* a comment; with 'signs */ number FROM blocks -- and another
SELECT "number" AS "a ""b"" c" FROM "blocks" AS "my blocks"
SELECT 1 AS ünïcode, 'é🎉' AS "наука", number FROM blocks WHERE author <> 'žluť'
SELECT typeof(number), pg_typeof(number), alias(number), error_free FROM (SELECT number, 1 AS error_free FROM blocks)
SELECT TRY(sqrt(-1)), 1 / 0
SELECT #1, #2 FROM people
SELECT grouping_id(author), count(*) FROM blocks GROUP BY author
SELECT max(x) FROM (SELECT unnest(topics) AS x FROM transactions)
SELECT uuid() IS NOT NULL, random() >= 0, gen_random_uuid() IS NULL
SELECT author FROM blocks;
EXPLAIN SELECT 1
"""
QUERIES = [line for line in _TEXT.splitlines() if line.strip()]
