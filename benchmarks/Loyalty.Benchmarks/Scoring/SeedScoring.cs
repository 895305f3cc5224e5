using Loyalty.Benchmarks.Postgres;
using Loyalty.Scoring;
using Npgsql;
using NpgsqlTypes;

namespace Loyalty.Benchmarks.Scoring;

/// <summary>How the old plan scored: a trigger for each row that looks the customer's numbers up, set off by touching every row.</summary>
internal static class SeedScoring
{
    private const string Schema =
        """
        CREATE TABLE customer_profiles (
            id bigint PRIMARY KEY, canonical_full_name text, updated_at timestamptz, lead_score integer,
            rfm_recency integer, rfm_frequency integer, rfm_monetary numeric, last_scored_at timestamptz);
        CREATE TABLE customer_engagement_metrics (
            customer_id bigint PRIMARY KEY REFERENCES customer_profiles, lifetime_orders integer, lifetime_net numeric, last_order_at timestamptz);
        CREATE INDEX idx_customer_profiles_lead_score ON customer_profiles (lead_score DESC);
        CREATE INDEX idx_customer_profiles_rfm_scores ON customer_profiles (rfm_recency, rfm_frequency, rfm_monetary);
        CREATE FUNCTION calculate_lead_score_for_customer_profiles() RETURNS trigger LANGUAGE plpgsql AS $$
        DECLARE
            v_orders integer; v_net numeric; v_last timestamptz; v_days integer;
        BEGIN
            SELECT lifetime_orders, lifetime_net, last_order_at INTO v_orders, v_net, v_last
            FROM customer_engagement_metrics WHERE customer_id = NEW.id;
            v_days := COALESCE('2025-10-15'::date - v_last::date, 9999);
            NEW.rfm_recency := CASE WHEN v_days <= 30 THEN 5 WHEN v_days <= 60 THEN 4 WHEN v_days <= 90 THEN 3 WHEN v_days <= 180 THEN 2 ELSE 1 END;
            NEW.rfm_frequency := CASE WHEN v_orders >= 10 THEN 5 WHEN v_orders >= 5 THEN 4 WHEN v_orders >= 3 THEN 3 WHEN v_orders >= 1 THEN 2 ELSE 1 END;
            NEW.rfm_monetary := CASE WHEN v_net >= 1000 THEN 5 WHEN v_net >= 500 THEN 4 WHEN v_net >= 200 THEN 3 WHEN v_net >= 50 THEN 2 ELSE 1 END;
            NEW.lead_score := NEW.rfm_recency * 3 + NEW.rfm_frequency * 2 + NEW.rfm_monetary;
            NEW.last_scored_at := now();
            RETURN NEW;
        END $$;
        CREATE TRIGGER calculate_customer_profile_lead_score BEFORE INSERT OR UPDATE ON customer_profiles
            FOR EACH ROW EXECUTE FUNCTION calculate_lead_score_for_customer_profiles();
        """;

    private const string Fill =
        """
        ALTER TABLE customer_profiles DISABLE TRIGGER USER;
        INSERT INTO customer_profiles (id, canonical_full_name) SELECT n, name FROM unnest($1::text[]) WITH ORDINALITY AS c (name, n)
        """;

    private const string FillMetrics =
        "INSERT INTO customer_engagement_metrics SELECT n, orders, net, last_on FROM unnest($1::integer[], $2::numeric[], $3::timestamptz[]) "
        + "WITH ORDINALITY AS c (orders, net, last_on, n)";

    /// <summary>Touches every row, as the old plan says to recalculate all scores.</summary>
    public const string Rescore = "UPDATE customer_profiles SET updated_at = now()";

    public static async Task LoadAsync(NpgsqlDataSource owner, CustomerPopulation customers)
    {
        await using var connection = await owner.OpenConnectionAsync();
        await SeedSql.RunAsync(connection, Schema);
        var all = Enumerable.Range(0, customers.Count).ToArray();
        await SeedSql.RunAsync(connection, Fill.Split(';')[0]);
        await using (var fill = new NpgsqlCommand(Fill.Split(';')[1], connection))
        {
            fill.Parameters.Add(new NpgsqlParameter { Value = Array.ConvertAll(all, customers.NameAt), NpgsqlDbType = NpgsqlDbType.Array | NpgsqlDbType.Text });
            await fill.ExecuteNonQueryAsync();
        }

        await using (var metrics = new NpgsqlCommand(FillMetrics, connection))
        {
            metrics.Parameters.Add(new NpgsqlParameter { Value = Array.ConvertAll(all, i => customers.InputAt(i).Orders) });
            metrics.Parameters.Add(new NpgsqlParameter { Value = Array.ConvertAll(all, i => customers.InputAt(i).Net) });
            metrics.Parameters.Add(new NpgsqlParameter
            {
                Value = Array.ConvertAll(all, i => customers.InputAt(i).LastOrderOn?.ToDateTime(TimeOnly.MinValue, DateTimeKind.Utc)),
                NpgsqlDbType = NpgsqlDbType.Array | NpgsqlDbType.TimestampTz,
            });
            await metrics.ExecuteNonQueryAsync();
        }

        await SeedSql.RunAsync(connection, "ALTER TABLE customer_profiles ENABLE TRIGGER USER");
        await SeedSql.RunAsync(connection, Rescore);
        await SeedSql.RunAsync(connection, "VACUUM ANALYZE");
    }
}
