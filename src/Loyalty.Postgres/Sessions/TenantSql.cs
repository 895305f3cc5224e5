namespace Loyalty.Postgres.Sessions;

/// <summary>What statements on tables of tenants have in common, so that one server and a database distributed by tenant take them alike.</summary>
internal static class TenantSql
{
    /// <summary>
    /// What a statement says at its end that inserts selected rows as they are: without it a distributed database makes a COPY of it, which may not meet a
    /// policy. <c>ON CONFLICT DO NOTHING</c> would do as well, but would pass over a row in silence whose key exists, where this fails.
    /// </summary>
    public const string Inserted = " RETURNING NULL::boolean";
}
