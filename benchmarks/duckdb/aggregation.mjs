// DuckDB on the same question as the aggregation suite: lifetime and window totals of six metrics for each member.
//   node aggregation.mjs ACTIVITIES MEMBERS        in a directory with node_modules/@duckdb/node-api
// Tables in memory, two threads, one run to warm up, the median of five. The result is materialised as a table, as the library fills an array.
// Prints {"version": …, "medianSeconds": …}.
import { createRequire } from 'node:module';
import { pathToFileURL } from 'node:url';
import path from 'node:path';

const require = createRequire(path.join(process.cwd(), 'package.json'));
const { DuckDBInstance, version } = await import(pathToFileURL(require.resolve('@duckdb/node-api')).href);
const [activities, members] = process.argv.slice(2).map(Number);
const through = 739900;
const instance = await DuckDBInstance.create(':memory:', { threads: '2' });
const db = await instance.connect();
await db.run(`create table windows as
  select m::integer as member, (${through} - 120 + (hash(m) % 120))::integer as first_day, (${through} + (hash(m) % 120))::integer as end_day from range(${members}) t(m)`);
await db.run(`create table activities as
  select (random() * ${members - 1})::integer as member, (${through} + 5 - random() * 730)::integer as day, (random() * 50000)::bigint as sales,
    (random() * 40)::integer as units, (random() * 2000000)::bigint as views, (random() * 90000)::integer as likes, (random() * 3000)::integer as comments
  from range(${activities})`);
const columns = ['sales', 'units', 'views', 'likes', 'comments'];
const inside = 'filter (a.day >= w.first_day and a.day < w.end_day)';
const query = `create or replace table totals as
  select a.member, count(*) as videos, ${columns.map((c) => `sum(a.${c}) as ${c}`)},
    count(*) ${inside} as window_videos, ${columns.map((c) => `sum(a.${c}) ${inside} as window_${c}`)}
  from activities a join windows w on w.member = a.member where a.day <= ${through} group by a.member`;
const times = [];
for (let round = 0; round < 6; round++) {
  const start = process.hrtime.bigint();
  await db.run(query);
  if (round > 0) times.push(Number(process.hrtime.bigint() - start) / 1e9);
}
const rows = await (await db.runAndReadAll('select count(*)::integer from totals')).getRows();
if (rows[0][0] < members * 0.9) throw new Error(`only ${rows[0][0]} members have totals`);
times.sort((a, b) => a - b);
console.log(JSON.stringify({ version: version(), medianSeconds: times[2] }));
