// The rival of `bench sync`: DuckDB reads the same export, keeps the newest row of each key, and adds up the same totals.
// Usage: node sync.mjs EXPORT.csv AS_OF THREADS
import { createRequire } from 'node:module';
import { join } from 'node:path';

const require = createRequire(join(process.cwd(), 'node_modules', 'x.js'));
const { DuckDBInstance } = await import(require.resolve('@duckdb/node-api'));
const [file, asOf, threads] = process.argv.slice(2);
const instance = await DuckDBInstance.create(':memory:', { threads });
const connection = await instance.connect();
const number = column => `coalesce(try_cast(replace("${column}", ',', '') as bigint), 0)`;
const result = await connection.runAndReadAll(`
  with typed as (
    select lower(ltrim(trim("Handle"), '@')) as handle,
           regexp_extract("Video", '/video/([0-9]+)', 1) as key,
           "Post Date"::date as posted,
           coalesce(try_cast(replace(replace("GMV", '$', ''), ',', '') as decimal(18, 2)), 0) as sales,
           ${number('Units Sold')} as units, ${number('Views')} as views, ${number('Likes')} as likes, ${number('Comments')} as comments,
           row_number() over () as line
    from read_csv('${file}', header = true, all_varchar = true, delim = ',', quote = '"', escape = '"')
  ),
  newest as (
    select arg_max(typed, line) as row from typed group by key
  ),
  totals as (
    select row.handle as handle, min(row.posted) as joined,
           sum(row.sales) as sales, sum(row.units) as units, count(*) as videos, sum(row.views) as views, sum(row.likes) as likes, sum(row.comments) as comments,
           sum(row.sales) filter (where row.posted <= date '${asOf}') as window_sales
    from newest group by row.handle
  )
  select count(*) as members, sum(videos) as videos, sum(sales) as sales, sum(views) as views from totals`);
console.log(JSON.stringify(result.getRowObjectsJson()[0]));
