using Loyalty.Postgres.Copy;
using Npgsql;

namespace Loyalty.Benchmarks.Postgres;

/// <summary>The way that the old plan describes: videos upserted by URL, then every user's sums by correlated subqueries.</summary>
/// <remarks>Kindly read: rows come in by COPY and are upserted by one statement, and videos have an index by user and date.</remarks>
internal static class SeedSql
{
    public const string Schema =
        """
        CREATE TABLE clients (id uuid PRIMARY KEY, vip_metric text NOT NULL);
        CREATE TABLE users (
            id uuid PRIMARY KEY DEFAULT gen_random_uuid(), client_id uuid NOT NULL REFERENCES clients(id), tiktok_handle text NOT NULL UNIQUE,
            tier_achieved_at timestamptz, total_sales numeric(12,2) DEFAULT 0, checkpoint_sales_current numeric(12,2) DEFAULT 0,
            checkpoint_videos_posted integer DEFAULT 0, checkpoint_total_views integer DEFAULT 0, checkpoint_total_likes integer DEFAULT 0,
            checkpoint_total_comments integer DEFAULT 0);
        CREATE TABLE videos (
            id uuid PRIMARY KEY DEFAULT gen_random_uuid(), user_id uuid NOT NULL REFERENCES users(id) ON DELETE CASCADE,
            client_id uuid NOT NULL REFERENCES clients(id), video_url text NOT NULL UNIQUE, post_date date NOT NULL, views integer DEFAULT 0,
            likes integer DEFAULT 0, comments integer DEFAULT 0, sales_dollars numeric(10,2) DEFAULT 0, sales_units integer DEFAULT 0,
            ctr text, title text, updated_at timestamptz DEFAULT now());
        CREATE INDEX idx_videos_user_date ON videos (user_id, post_date);
        INSERT INTO clients VALUES ('00000000-0000-0000-0000-000000000001', 'sales');
        """;

    private const string Upsert =
        """
        INSERT INTO users (client_id, tiktok_handle, tier_achieved_at)
        SELECT '00000000-0000-0000-0000-000000000001', handle, '2025-06-01' FROM pg_temp.incoming GROUP BY handle ON CONFLICT (tiktok_handle) DO NOTHING;
        INSERT INTO videos (user_id, client_id, video_url, post_date, views, likes, comments, sales_dollars, sales_units, ctr, title)
        SELECT u.id, u.client_id, i.url, i.day, i.views, i.likes, i.comments, i.sales / 100.0, i.units, i.ctr, i.title
        FROM pg_temp.incoming i JOIN users u ON u.tiktok_handle = i.handle
        ON CONFLICT (video_url) DO UPDATE SET views = excluded.views, likes = excluded.likes, comments = excluded.comments,
            sales_dollars = excluded.sales_dollars, sales_units = excluded.sales_units, post_date = excluded.post_date, updated_at = now();
        UPDATE users u
        SET
          total_sales = (SELECT COALESCE(SUM(sales_dollars), 0) FROM videos WHERE user_id = u.id),
          checkpoint_sales_current = (SELECT COALESCE(SUM(sales_dollars), 0) FROM videos WHERE user_id = u.id AND post_date >= u.tier_achieved_at),
          checkpoint_videos_posted = (SELECT COUNT(*) FROM videos WHERE user_id = u.id AND post_date >= u.tier_achieved_at),
          checkpoint_total_views = (SELECT COALESCE(SUM(views), 0) FROM videos WHERE user_id = u.id AND post_date >= u.tier_achieved_at),
          checkpoint_total_likes = (SELECT COALESCE(SUM(likes), 0) FROM videos WHERE user_id = u.id AND post_date >= u.tier_achieved_at),
          checkpoint_total_comments = (SELECT COALESCE(SUM(comments), 0) FROM videos WHERE user_id = u.id AND post_date >= u.tier_achieved_at)
        FROM clients c
        WHERE u.client_id = c.id AND c.vip_metric = 'sales';
        """;

    public static async Task RunAsync(NpgsqlDataSource source, VideoRows rows, int changedEvery)
    {
        await using var connection = await source.OpenConnectionAsync();
        await using var transaction = await connection.BeginTransactionAsync();
        await RunAsync(connection, $"CREATE TEMP TABLE incoming ({PlainCopy.Columns}) ON COMMIT DROP");
        await PlainCopy.SendAsync(connection, "pg_temp.incoming", rows, changedEvery);
        await RunAsync(connection, Upsert);
        await transaction.CommitAsync();
    }

    public static async Task RunAsync(NpgsqlConnection connection, string sql)
    {
        await using var command = new NpgsqlCommand(sql, connection) { CommandTimeout = 0 };
        await command.ExecuteNonQueryAsync();
    }
}

/// <summary>The baseline: the same typed rows by one COPY into a table with a bigint primary key, encoded as the store encodes them.</summary>
internal static class PlainCopy
{
    public const string Columns =
        "id bigint, sales bigint, views bigint, day date, units integer, likes integer, comments integer, key text, handle text, ctr text, title text, url text";

    public static async Task RunAsync(NpgsqlDataSource source, VideoRows rows)
    {
        await using var connection = await source.OpenConnectionAsync();
        await SeedSql.RunAsync(connection, $"DROP TABLE IF EXISTS plain; CREATE TABLE plain ({Columns}, PRIMARY KEY (id))");
        await SendAsync(connection, "plain", rows, changedEvery: 0);
    }

    public static async Task SendAsync(NpgsqlConnection connection, string table, VideoRows rows, int changedEvery)
    {
        var buffer = new CopyBuffer(1 << 17);
        await using var copy = await CopyStream.OpenAsync(connection, $"COPY {table} FROM STDIN (FORMAT binary)", CancellationToken.None);
        long id = 0;
        foreach (var batch in rows.Made(changedEvery))
        {
            for (var i = 0; i < batch.Count;)
            {
                for (; i < batch.Count && buffer.Length < 1 << 16; i++)
                {
                    var activity = batch[i];
                    buffer.StartRow(12);
                    buffer.Int64(id++);
                    buffer.Int64(activity.Sales);
                    buffer.Int64(activity.Views);
                    buffer.Date(activity.Date.DayNumber);
                    buffer.Int32(activity.Units);
                    buffer.Int32(activity.Likes);
                    buffer.Int32(activity.Comments);
                    buffer.Text(activity.Key);
                    buffer.Text(activity.Handle);
                    buffer.Text(activity.ClickThroughRate);
                    buffer.Text(activity.Title);
                    buffer.Text(activity.Url);
                }

                await copy.SendAsync(buffer, CancellationToken.None);
            }
        }

        await copy.CompleteAsync(CancellationToken.None);
    }
}
