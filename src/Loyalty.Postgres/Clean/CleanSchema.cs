using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using Loyalty.Postgres.Cutover;

namespace Loyalty.Postgres.Clean;

/// <summary>The tables of a tenant's clean migration: their schemas, their SQL, and the keys of their rows.</summary>
internal static class CleanSchema
{
    /// <summary>The tables in the order in which rows can be written.</summary>
    public static readonly string[] Tables = ["profiles", "transactions", "enrollments", "leads"];

    public const string Create =
        """
        CREATE TABLE profiles (
            id uuid NOT NULL, email text NOT NULL, first_name text NOT NULL, last_name text NOT NULL, tags text[] NOT NULL, first_source text NOT NULL,
            CONSTRAINT profiles_pkey PRIMARY KEY (id), CONSTRAINT profiles_email_key UNIQUE (email)
        );
        CREATE TABLE transactions (
            id uuid NOT NULL, external_id text NOT NULL, email text NOT NULL, product text NOT NULL, status text NOT NULL, amount numeric NOT NULL, currency text NOT NULL, paid_on date NOT NULL,
            manual boolean NOT NULL, profile_id uuid,
            CONSTRAINT transactions_pkey PRIMARY KEY (id), CONSTRAINT transactions_external_id_key UNIQUE (external_id),
            CONSTRAINT transactions_profile_fkey FOREIGN KEY (profile_id) REFERENCES profiles (id)
        );
        CREATE INDEX transactions_email ON transactions (email);
        CREATE INDEX transactions_profile ON transactions (profile_id);
        CREATE TABLE enrollments (
            id uuid NOT NULL, email text NOT NULL, product text NOT NULL, external_id text NOT NULL, enrolled_on date NOT NULL, profile_id uuid, transaction_id uuid NOT NULL,
            CONSTRAINT enrollments_pkey PRIMARY KEY (id), CONSTRAINT enrollments_email_product_key UNIQUE (email, product),
            CONSTRAINT enrollments_profile_fkey FOREIGN KEY (profile_id) REFERENCES profiles (id),
            CONSTRAINT enrollments_transaction_fkey FOREIGN KEY (transaction_id) REFERENCES transactions (id)
        );
        CREATE INDEX enrollments_transaction ON enrollments (transaction_id);
        CREATE INDEX enrollments_profile ON enrollments (profile_id);
        CREATE TABLE leads (
            id uuid NOT NULL, email text NOT NULL, first_name text NOT NULL, last_name text NOT NULL, first_source text NOT NULL, registered_on date NOT NULL,
            CONSTRAINT leads_pkey PRIMARY KEY (id), CONSTRAINT leads_email_key UNIQUE (email)
        );
        COMMENT ON TABLE profiles IS 'Buyers of products that open a profile. Cost: one row for each.';
        COMMENT ON TABLE transactions IS 'Paid transactions, money that went back, and payments by hand. Cost: one row for each.';
        COMMENT ON TABLE enrollments IS 'Access of a buyer to a product. Cost: one row for each.';
        COMMENT ON TABLE leads IS 'Contacts that bought nothing. Cost: one row for each.';
        """;

    /// <summary>The schema of a tenant's live tables; a name that is no plain word is replaced by its hash.</summary>
    public static string LiveOf(string tenant)
    {
        if (string.Equals(tenant, "default", StringComparison.Ordinal))
        {
            return "loyalty_clean";
        }

        var word = IsPlain(tenant) ? tenant : Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(tenant)).AsSpan(0, 8));
        return "loyalty_clean_t_" + word;
    }

    public static string RawOf(string tenant) => LiveOf(tenant) + "__raw";

    public static CutoverSet SetOf(string tenant) => new(LiveOf(tenant) + "__g", LiveOf(tenant), Tables) { CreateTables = Create };

    /// <summary>The tables for what was received, in the tenant's own schema, which nobody else may use.</summary>
    public static string CreateRaw(string tenant)
    {
        var schema = Sql.Name(RawOf(tenant));
        var tables = string.Concat(((string[])["payment", "invoice", "contact"]).Select(t =>
            $"CREATE TABLE IF NOT EXISTS {schema}.{t} (kind text NOT NULL, id text NOT NULL, received json NOT NULL, received_from text NOT NULL, received_at timestamptz NOT NULL, missing_since timestamptz, "
            + $"CONSTRAINT {t}_pkey PRIMARY KEY (kind, id)); "
            + $"COMMENT ON TABLE {schema}.{t} IS 'Records as they were received, with where from and when; missing_since: when the source did not have it any more. Cost: one row for each.'; "));
        return
            $"""
            CREATE SCHEMA IF NOT EXISTS {schema}; REVOKE ALL ON SCHEMA {schema} FROM PUBLIC; {tables}
            CREATE TABLE IF NOT EXISTS {schema}.preparation (one boolean NOT NULL DEFAULT true, tenant text NOT NULL, catalog text NOT NULL, as_of date NOT NULL, payment_kinds text[] NOT NULL, contact_kinds text[] NOT NULL,
                CONSTRAINT preparation_pkey PRIMARY KEY (one), CONSTRAINT preparation_one CHECK (one));
            COMMENT ON TABLE {schema}.preparation IS 'Of what the staged generation was made. Cost: one row.';
            CREATE TABLE IF NOT EXISTS {schema}.progress (list text NOT NULL, after text, CONSTRAINT progress_pkey PRIMARY KEY (list));
            ALTER TABLE {schema}.progress ADD COLUMN IF NOT EXISTS begun_at timestamptz NOT NULL DEFAULT '-infinity';
            COMMENT ON TABLE {schema}.progress IS 'Where reading of a list goes on after an interruption. Cost: one row for each list that is being read.';
            CREATE TABLE IF NOT EXISTS {schema}.seen (list text NOT NULL, id text NOT NULL, CONSTRAINT seen_pkey PRIMARY KEY (list, id));
            COMMENT ON TABLE {schema}.seen IS 'Which records a reading that is not complete has met. Cost: one row for each, until the reading is complete.';
            """;
    }

    /// <summary>The key of a row: a UUID (version 8) of its table and natural key, so that it is the same in every generation.</summary>
    public static Guid KeyOf(string table, params ReadOnlySpan<string> natural)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        hash.AppendData(Encoding.UTF8.GetBytes(table));
        foreach (var part in natural)
        {
            hash.AppendData([0]);
            hash.AppendData(Encoding.UTF8.GetBytes(part));
        }

        var bytes = hash.GetHashAndReset().AsSpan(0, 16);
        bytes[6] = (byte)((bytes[6] & 0x0F) | 0x80);
        bytes[8] = (byte)((bytes[8] & 0x3F) | 0x80);
        return new Guid(bytes, bigEndian: true);
    }

    private static bool IsPlain(string tenant) =>
        tenant.Length is > 0 and <= 24 && tenant.All(static c => c is (>= 'a' and <= 'z') or (>= '0' and <= '9') or '_') && !tenant.Contains("__", StringComparison.Ordinal) && tenant[^1] != '_';
}
