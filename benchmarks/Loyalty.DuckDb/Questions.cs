namespace Loyalty.DuckDb;

/// <summary>What DuckDB is asked about the files that the host reads in the same round.</summary>
internal static class Questions
{
    /// <summary>The export of videos, the newest row of each key, and the totals of its members.</summary>
    public static string Sync(string file, string asOf) => $"""
        with typed as (
          select lower(ltrim(trim("Handle"), '@')) as handle,
                 regexp_extract("Video", '/video/([0-9]+)', 1) as key,
                 "Post Date"::date as posted,
                 coalesce(try_cast(replace(replace("GMV", '$', ''), ',', '') as decimal(18, 2)), 0) as sales,
                 {Count("Units Sold")} as units, {Count("Views")} as views, {Count("Likes")} as likes, {Count("Comments")} as comments,
                 row_number() over () as line
          from read_csv('{file}', header = true, all_varchar = true, delim = ',', quote = '"', escape = '"')
        ),
        newest as (
          select arg_max(typed, line) as row from typed group by key
        ),
        totals as (
          select row.handle as handle, min(row.posted) as joined,
                 sum(row.sales) as sales, sum(row.units) as units, count(*) as videos, sum(row.views) as views, sum(row.likes) as likes, sum(row.comments) as comments,
                 sum(row.sales) filter (where row.posted <= date '{asOf}') as window_sales
          from newest group by row.handle
        )
        select count(*) as members, sum(videos) as videos, sum(sales) as sales, sum(views) as views from totals
        """;

    /// <summary>The exports of creators, read and grouped: without merging, conflicts, addresses, phones or names.</summary>
    public static string Import(string folder)
    {
        return $"""
            with euka as (select {Handle("handle")} as h, mode(email) as email, mode(phone) as phone, mode(address) as address, max({Money("ACME GMV ALL TIME")}) as gmv from {Read("euka")} group by 1),
            phones as (select {Handle("Username")} as h, mode("First Name") as first_name, mode("Last Name") as last_name, count(distinct "Phone # ") as phones from (select * from {Read("phones")}) as p("Username", "Recipient", "First Name", "Last Name", "Phone # ") group by 1),
            refunnel as (select {Handle("username")} as h, mode(followers) as followers, mode(gmv) as gmv from {Read("refunnel")} group by 1),
            samples as (select "Order ID" as o, "SKU ID" as s, min({Handle("Buyer Username")}) as h, mode("Detail Address") as line_1, mode("Zipcode") as zip, mode("Phone #") as phone
                        from {Read("samples")} where regexp_full_match("Order ID", '[0-9]+') group by 1, 2),
            buyers as (select h, count(*) as samples, mode(line_1) as line_1, mode(zip) as zip from samples group by 1),
            videos as (select regexp_extract("Video link", '/video/([0-9]+)', 1) as key, arg_max({Handle("Creator username")}, {Money("GMV")}) as h, max({Money("GMV")}) as gmv from {Read("videos")} group by 1),
            makers as (select h, count(*) as videos, sum(gmv) as gmv from videos group by 1),
            everybody as (select h from euka union select h from phones union select h from refunnel union select h from buyers union select h from makers)
            select count(*) as creators, count(euka.email) as emails, count(phones.first_name) as names, count(refunnel.followers) as followers, sum(buyers.samples) as samples, sum(makers.videos) as videos
            from everybody left join euka using (h) left join phones using (h) left join refunnel using (h) left join buyers using (h) left join makers using (h)
            """;

        string Read(string name) => $"read_csv('{folder}/{name}.csv', header = true, all_varchar = true, delim = ',', quote = '\"', escape = '\"', null_padding = true, parallel = false, strict_mode = false)";
    }

    private static string Count(string column) => $"coalesce(try_cast(replace(\"{column}\", ',', '') as bigint), 0)";

    private static string Handle(string column) => $$"""regexp_replace(lower(ltrim(trim("{{column}}", chr(9) || ' '), '@')), '^(https?://)?(www\.)?tiktok\.com/@([^/?]+).*$', '\3')""";

    private static string Money(string column) => $"coalesce(try_cast(replace(replace(\"{column}\", '$', ''), ',', '') as decimal(18, 2)), 0)";
}
