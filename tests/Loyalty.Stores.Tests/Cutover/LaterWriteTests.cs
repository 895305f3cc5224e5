using Loyalty.Postgres.Cutover;
using Loyalty.Tests.Stores.Server;
using Npgsql;

namespace Loyalty.Tests.Stores.Cutover;

/// <summary>Rows that an application writes to live tables, rows of staging that change, and going back.</summary>
public sealed class LaterWriteTests(TestServer server)
{
    private static readonly (string Type, string Was, string Now)[] Cells =
    [
        ("boolean", "true", "false"), ("smallint", "1", "2"), ("integer", "1", "2"), ("bigint", "9007199254740993", "9007199254740992"), ("numeric(12,2)", "0.10", "0.11"), ("numeric", "1.0", "1.00"),
        ("real", "0.1", "0.10000001"), ("double precision", "0.1", "0.10000000000000002"), ("money", "'1.00'", "'1.01'"), ("text", "'a'", "'á'"), ("varchar(9)", "'a'", "'a '"), ("char(3)", "'a'", "'b'"),
        ("\"char\"", "'a'", "'b'"), ("bytea", "'\\x00'", "'\\x01'"), ("date", "'2025-01-01'", "'2025-01-02'"), ("time", "'10:00'", "'10:00:00.000001'"), ("timetz", "'10:00+00'", "'10:00+01'"),
        ("timestamp", "'2025-01-01'", "'2025-01-01 00:00:00.000001'"), ("timestamptz", "'2025-01-01 00:00+00'", "'2025-01-01 00:00+01'"), ("interval", "'1 day'", "'24 hours'"),
        ("uuid", "'00000000-0000-0000-0000-000000000000'", "'00000000-0000-0000-0000-000000000001'"), ("json", "'{\"a\":1}'", "'{\"a\": 1}'"), ("jsonb", "'{\"a\":1}'", "'{\"a\":2}'"),
        ("xml", "'<a/>'", "'<b/>'"), ("inet", "'10.0.0.1'", "'10.0.0.2'"), ("cidr", "'10.0.0.0/8'", "'11.0.0.0/8'"), ("macaddr", "'08:00:2b:01:02:03'", "'08:00:2b:01:02:04'"),
        ("bit(3)", "B'101'", "B'100'"), ("bit varying", "B'1'", "B'10'"), ("point", "'(0,0)'", "'(0,1)'"), ("box", "'((0,0),(1,1))'", "'((0,0),(1,2))'"), ("circle", "'<(0,0),1>'", "'<(0,0),2>'"),
        ("int4range", "'[1,2)'", "'[1,3)'"), ("int4multirange", "'{[1,2)}'", "'{[1,3)}'"), ("tsvector", "'a'", "'b'"), ("tsquery", "'a'", "'b'"), ("text[]", "ARRAY['a',NULL]", "ARRAY['a','']"),
        ("shop.mood", "'glad'", "'sad'"), ("text", "NULL", "''"), ("integer", "NULL", "0"), ("pg_lsn", "'0/1'", "'0/2'"), ("shop.pair", "ROW(1,'a')::shop.pair", "ROW(1,'b')::shop.pair"), ("shop.pair[]", "ARRAY[ROW(1,'a')::shop.pair]", "ARRAY[ROW(1,NULL)::shop.pair]"),
        ("shop.mood[]", "ARRAY['glad']::shop.mood[]", "ARRAY['sad']::shop.mood[]"), ("shop.positive", "1", "2"), ("text COLLATE \"C\"", "'a'", "'A'"), ("oid", "1", "2"), ("int[]", "'{1}'", "'[0:0]={1}'"), ("jsonb", "'null'", "NULL"),
    ];

    [Fact]
    public async Task R14_A_row_written_after_the_validation_is_kept_refused_or_discarded_as_was_said()
    {
        using var shop = await Shop.OpenAsync(server);
        await shop.ReadyAsync("INSERT INTO member (id, email) VALUES (10, 'staged@x')");
        await shop.RunAsync(
            "INSERT INTO shop.member (id, email) VALUES (20, 'late@x'); UPDATE shop.member SET points = 77 WHERE id = 1; DELETE FROM shop.member WHERE id = 2; "
            + "UPDATE shop.member SET points = points; UPDATE shop.member SET points = 5 WHERE id = 3; UPDATE shop.member SET points = 3 WHERE id = 3");
        var e = await shop.FailsAsync(CutoverFault.LaterWrites, async () => await shop.Cutover.CutoverAsync());

        // The deleted member took its purchase along.
        Assert.StartsWith("4 rows", e.Message, StringComparison.Ordinal);
        Assert.Contains(e.Details, static d => d == "member: the row (20) was inserted");
        Assert.Contains(e.Details, static d => d == "member: the row (1) was updated");
        Assert.Contains(e.Details, static d => d == "member: the row (2) was deleted");
        Assert.Contains(e.Details, static d => d == "purchase: the row (2) was deleted");
        Assert.Equal("4", (await shop.Cutover.ValidateAsync()).Single(static r => r.Name == "later writes").Found);
        var result = await shop.Cutover.CutoverAsync(LaterWrites.Keep);
        Assert.Equal((4, 0), (result.Kept, result.Discarded));
        Assert.Equal("1 77.00,3 3.00,10 0.00,20 0.00", await MembersAsync(shop));

        // Nothing was written since.
        await shop.Cutover.RollbackAsync();
        Assert.Equal("1 77.00,3 3.00,20 0.00", await MembersAsync(shop));
        await shop.Cutover.CutoverAsync();

        // A third generation that has them not must be told of them, too.
        await shop.StageAsync("DELETE FROM purchase; DELETE FROM member; INSERT INTO member (id, email) VALUES (1, 'a@x')", copy: false);
        await shop.Cutover.ValidateAsync();
        Assert.StartsWith("2 rows", (await shop.FailsAsync(CutoverFault.LaterWrites, async () => await shop.Cutover.CutoverAsync())).Message, StringComparison.Ordinal);
        Assert.Equal(2, (await shop.Cutover.CutoverAsync(LaterWrites.Discard)).Discarded);
        Assert.Equal("1 0.00", await MembersAsync(shop));
    }

    [Fact]
    public async Task R14_A_truncated_table_is_as_many_deleted_rows()
    {
        using var shop = await Shop.OpenAsync(server, hung: false);
        await shop.ReadyAsync();
        await shop.RunAsync("TRUNCATE shop.member CASCADE");
        Assert.StartsWith("5 rows", (await shop.FailsAsync(CutoverFault.LaterWrites, async () => await shop.Cutover.CutoverAsync())).Message, StringComparison.Ordinal);
        await shop.Cutover.CutoverAsync(LaterWrites.Keep);
        Assert.Equal(0L, await shop.AskAsync<long>("SELECT count(*) FROM shop.member"));
    }

    [Fact]
    public async Task R17_A_rollback_after_1000_writes_keeps_all_or_refuses_with_their_number()
    {
        using var shop = await Shop.OpenAsync(server);
        await shop.ReadyAsync();
        await shop.Cutover.CutoverAsync();
        await shop.RunAsync("INSERT INTO shop.member (email, country) SELECT g || '@later', 'ph' FROM generate_series(1, 1000) g");
        var last = await shop.AskAsync<long>("SELECT max(id) FROM shop.member");
        Assert.StartsWith("1000 rows", (await shop.FailsAsync(CutoverFault.LaterWrites, async () => await shop.Cutover.RollbackAsync())).Message, StringComparison.Ordinal);
        Assert.Equal(1000, (await shop.Cutover.RollbackAsync(laterWrites: LaterWrites.Keep)).Kept);
        Assert.Equal(1003L, await shop.AskAsync<long>("SELECT count(*) FROM shop.member"));
        Assert.Equal(last + 1, await shop.AskAsync<long>("INSERT INTO shop.member (email) VALUES ('next@x') RETURNING id"));
    }

    [Fact]
    public async Task R18_A_rollback_to_a_generation_that_is_missing_altered_or_too_old_is_refused_and_live_untouched()
    {
        using var shop = await Shop.OpenAsync(server);
        await shop.FailsAsync(CutoverFault.NoSuchGeneration, async () => await shop.Cutover.RollbackAsync());
        await shop.ReadyAsync();
        await shop.FailsAsync(CutoverFault.NoSuchGeneration, async () => await shop.Cutover.RollbackAsync());
        await shop.Cutover.CutoverAsync();
        await shop.FailsAsync(CutoverFault.NoSuchGeneration, async () => await shop.Cutover.RollbackAsync(9));
        await shop.FailsAsync(CutoverFault.NoSuchGeneration, async () => await shop.Cutover.RollbackAsync(2));
        var before = await SchemaDump.OfAsync(shop.Source);
        await shop.FailsAsync(
            CutoverFault.GenerationGone, async () => await new TableCutover(shop.Source, Shop.Set, Shop.Quick with { RollbackWindow = TimeSpan.FromMilliseconds(1) }).RollbackAsync());
        await shop.RunAsync("ALTER TABLE shop_next_1.member DISABLE TRIGGER loyalty_cutover_read_only; UPDATE shop_next_1.member SET points = 9 WHERE id = 2; ALTER TABLE shop_next_1.member ENABLE TRIGGER loyalty_cutover_read_only");
        var e = await shop.FailsAsync(CutoverFault.ContentChanged, async () => await shop.Cutover.RollbackAsync());
        Assert.Equal("member: the row (2) changed in points", Assert.Single(e.Details));
        SchemaDump.AssertSame(before, await SchemaDump.OfAsync(shop.Source));
        await shop.RunAsync("DROP TABLE shop_next_1.purchase");
        await shop.FailsAsync(CutoverFault.GenerationGone, async () => await shop.Cutover.RollbackAsync());
    }

    [Fact]
    public async Task R18_A_rollback_of_a_rollback_goes_where_it_came_from_and_another_staged_generation_stays()
    {
        using var shop = await Shop.OpenAsync(server, hung: false);
        await shop.ReadyAsync("INSERT INTO member (id, email) VALUES (10, 'two@x')");
        await shop.Cutover.CutoverAsync();
        await shop.Cutover.RollbackAsync();
        Assert.Equal((1, 2), ((await shop.Cutover.GetStatusAsync()).Live!.Id, (await shop.Cutover.GetStatusAsync()).Staged!.Id));
        await shop.Cutover.RollbackAsync();
        Assert.Equal(2, (await shop.Cutover.GetStatusAsync()).Live!.Id);
        await shop.ReadyAsync();
        await shop.Cutover.RollbackAsync();
        var status = await shop.Cutover.GetStatusAsync();
        Assert.Equal((1, 3, 2), (status.Live!.Id, status.Staged!.Id, status.Previous!.Id));
        await shop.Cutover.RollbackAsync();
        Assert.Equal(2, (await shop.Cutover.GetStatusAsync()).Live!.Id);
    }

    [Fact]
    public async Task Previous_generations_are_kept_as_many_as_was_said_and_one_in_use_is_told()
    {
        using var shop = await Shop.OpenAsync(server, hung: false, Shop.Quick with { KeepPrevious = 1 });
        for (var i = 0; i < 3; i++)
        {
            await shop.ReadyAsync();
            Assert.Empty((await shop.Cutover.CutoverAsync()).Notes);
        }

        Assert.Equal([3L, 4L], (await shop.Cutover.GetStatusAsync()).Generations.Select(static g => g.Id));
        await shop.RunAsync("CREATE VIEW public.old AS SELECT * FROM shop_next_3.member");
        await shop.ReadyAsync();
        Assert.Contains("public.old", Assert.Single((await shop.Cutover.CutoverAsync()).Notes).Replace("view old", "view public.old", StringComparison.Ordinal), StringComparison.Ordinal);
    }

    private static Task<string> MembersAsync(Shop shop) => shop.AskAsync<string>("SELECT string_agg(id || ' ' || points, ',' ORDER BY id) FROM shop.member");

    [Fact]
    public async Task R13_A_cell_of_staging_of_any_type_that_changed_refuses_the_cutover_and_is_named()
    {
        using var shop = await Shop.OpenAsync(server, hung: false);
        await shop.RunAsync("CREATE TYPE shop.pair AS (a int, b text); CREATE DOMAIN shop.positive AS int CHECK (VALUE > 0)");

        // A column for each type; row n has its change in column n.
        await shop.RunAsync($"CREATE TABLE shop.typed (id int PRIMARY KEY, {string.Join(", ", Cells.Select(static (c, n) => $"c{n} {c.Type}"))})");
        var cutover = new TableCutover(shop.Source, new CutoverSet("typed_next", "shop", "typed"), Shop.Quick);
        var staged = await cutover.PrepareAsync(async (connection, _, ct) =>
        {
            await using var command = new NpgsqlCommand($"INSERT INTO typed SELECT g, {string.Join(", ", Cells.Select(static c => c.Was))} FROM generate_series(0, {Cells.Length}) g", connection);
            await command.ExecuteNonQueryAsync(ct);
            return true;
        });
        foreach (var some in Cells.Select(static (c, n) => (c.Now, c.Was, Row: n)).Chunk(16))
        {
            await cutover.ValidateAsync();
            foreach (var (now, _, row) in some)
            {
                await shop.RunAsync($"UPDATE {staged.Schema}.typed SET c{row} = {now} WHERE id = {row}");
            }

            var e = await shop.FailsAsync(CutoverFault.ContentChanged, async () => await cutover.CutoverAsync());
            Assert.Equal(some.Select(static c => $"typed: the row ({c.Row}) changed in c{c.Row}").Order(StringComparer.Ordinal), e.Details.Order(StringComparer.Ordinal));
            Assert.Equal(GenerationState.Prepared, (await cutover.GetStatusAsync()).Staged!.State);

            // Any one of them alone is enough.
            await cutover.ValidateAsync();
            await shop.RunAsync($"UPDATE {staged.Schema}.typed SET c{some[0].Row} = {some[0].Was} WHERE id = {some[0].Row}");
            Assert.Equal($"typed: the row ({some[0].Row}) changed in c{some[0].Row}", Assert.Single((await shop.FailsAsync(CutoverFault.ContentChanged, async () => await cutover.CutoverAsync())).Details));
        }
    }

    [Theory]
    [InlineData("DELETE FROM {0}.member WHERE id = 2", "member: the row (2) is missing")]
    [InlineData("INSERT INTO {0}.member (id, no, email) SELECT 99, no, 'twice@x' FROM {0}.member WHERE id = 2", "member: the row (99) was not there")]
    [InlineData("ALTER TABLE {0}.purchase DROP CONSTRAINT purchase_pkey; INSERT INTO {0}.purchase SELECT * FROM {0}.purchase WHERE id = 1", "{0} has no primary key")]
    [InlineData("UPDATE {0}.member SET points = 1, email = 'other@x' WHERE id = 2", "member: the row (2) changed in email, points, loud")]
    public async Task R13_A_row_that_is_missing_doubled_or_changed_refuses_the_cutover_and_is_named(string sql, string named)
    {
        using var shop = await Shop.OpenAsync(server, hung: false);
        await shop.ReadyAsync();
        var schema = (await shop.Cutover.GetStatusAsync()).Staged!.Schema;
        await shop.RunAsync(sql.Replace("{0}", schema, StringComparison.Ordinal));
        var e = await Assert.ThrowsAsync<CutoverException>(async () => await shop.Cutover.CutoverAsync());
        Assert.Contains(named.Replace("{0}", schema + ".purchase", StringComparison.Ordinal), string.Join('\n', e.Details), StringComparison.Ordinal);
        Assert.Equal(3L, await shop.AskAsync<long>("SELECT count(*) FROM shop.member"));
    }
}
