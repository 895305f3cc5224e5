// Beside `bench import`: DuckDB reads the same exports of creators and does the reading and grouping, without merging, conflicts, addresses, phones or names.
// Usage: node import.mjs FOLDER THREADS
import { createRequire } from 'node:module';
import { join } from 'node:path';

const require = createRequire(join(process.cwd(), 'node_modules', 'x.js'));
const { DuckDBInstance } = await import(require.resolve('@duckdb/node-api'));
const [folder, threads] = process.argv.slice(2);
const instance = await DuckDBInstance.create(':memory:', { threads });
const connection = await instance.connect();
const read = (name, skip = 0) => `read_csv('${folder}/${name}.csv', header = true, all_varchar = true, delim = ',', quote = '"', escape = '"', null_padding = true, parallel = false, strict_mode = false, skip = ${skip})`;
const handle = column => `regexp_replace(lower(ltrim(trim("${column}", chr(9) || ' '), '@')), '^(https?://)?(www\\.)?tiktok\\.com/@([^/?]+).*$', '\\3')`;
const money = column => `coalesce(try_cast(replace(replace("${column}", '$', ''), ',', '') as decimal(18, 2)), 0)`;
const result = await connection.runAndReadAll(`
  with euka as (select ${handle('handle')} as h, mode(email) as email, mode(phone) as phone, mode(address) as address, max(${money('ACME GMV ALL TIME')}) as gmv from ${read('euka')} group by 1),
  phones as (select ${handle('Username')} as h, mode("First Name") as first_name, mode("Last Name") as last_name, count(distinct "Phone # ") as phones from (select * from ${read('phones')}) as p("Username", "Recipient", "First Name", "Last Name", "Phone # ") group by 1),
  refunnel as (select ${handle('username')} as h, mode(followers) as followers, mode(gmv) as gmv from ${read('refunnel')} group by 1),
  samples as (select "Order ID" as o, "SKU ID" as s, min(${handle('Buyer Username')}) as h, mode("Detail Address") as line_1, mode("Zipcode") as zip, mode("Phone #") as phone
              from ${read('samples')} where regexp_full_match("Order ID", '[0-9]+') group by 1, 2),
  buyers as (select h, count(*) as samples, mode(line_1) as line_1, mode(zip) as zip from samples group by 1),
  videos as (select regexp_extract("Video link", '/video/([0-9]+)', 1) as key, arg_max(${handle('Creator username')}, ${money('GMV')}) as h, max(${money('GMV')}) as gmv from ${read('videos')} group by 1),
  makers as (select h, count(*) as videos, sum(gmv) as gmv from videos group by 1),
  everybody as (select h from euka union select h from phones union select h from refunnel union select h from buyers union select h from makers)
  select count(*) as creators, count(euka.email) as emails, count(phones.first_name) as names, count(refunnel.followers) as followers, sum(buyers.samples) as samples, sum(makers.videos) as videos
  from everybody left join euka using (h) left join phones using (h) left join refunnel using (h) left join buyers using (h) left join makers using (h)`);
console.log(JSON.stringify(result.getRowObjectsJson()[0]));
