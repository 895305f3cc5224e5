namespace Loyalty.Postgres.Cutover;

/// <summary>A column: its name, its type with its schema and collation, and whether the server computes it.</summary>
internal sealed record ColumnShape(string Name, string Type, bool IsGenerated, string Expression, bool IsIdentityAlways)
{
    public override string ToString() => $"{Name} {Type}{(IsGenerated ? $" generated as ({Expression})" : string.Empty)}";
}

/// <summary>A column of the primary key, with the operator that its index uses.</summary>
internal sealed record KeyColumn(string Name, string Type, string Equal);

/// <summary>A sequence behind a column: one that the column owns, which is handed on, or that of an identity, which each generation has for itself.</summary>
internal sealed record ColumnSequence(string Column, string Name, bool IsIdentity, bool GoesUp);

/// <summary>A table as the catalog has it.</summary>
internal sealed class TableShape
{
    private const string Relations =
        """
        SELECT c.relname::text, c.oid, pg_get_userbyid(c.relowner)::text, pg_has_role(c.relowner, 'USAGE'),
            pg_relation_size(c.oid) / 8192 FROM pg_class c JOIN pg_namespace s ON s.oid = c.relnamespace
            WHERE s.nspname = $1 AND c.relname = ANY ($2) AND c.relkind IN ('r', 'p', 'v', 'm', 'f')
        """;

    private const string ColumnQuery =
        """
        SELECT a.attrelid, a.attname::text, format_type(a.atttypid, a.atttypmod)
                || CASE WHEN a.attcollation <> y.typcollation THEN (SELECT format(' COLLATE %I.%I', s.nspname, l.collname) FROM pg_collation l JOIN pg_namespace s ON s.oid = l.collnamespace WHERE l.oid = a.attcollation) ELSE '' END,
            a.attgenerated <> '', coalesce(CASE WHEN a.attgenerated <> '' THEN pg_get_expr(d.adbin, d.adrelid) END, ''), a.attidentity = 'a'
        FROM pg_attribute a JOIN pg_type y ON y.oid = a.atttypid LEFT JOIN pg_attrdef d ON d.adrelid = a.attrelid AND d.adnum = a.attnum
        WHERE a.attrelid = ANY ($1) AND a.attnum > 0 AND NOT a.attisdropped ORDER BY a.attrelid, a.attnum
        """;

    private const string KeyQuery =
        """
        SELECT i.indrelid, a.attname::text, format_type(a.atttypid, a.atttypmod),
            (SELECT format('OPERATOR(%I.%s)', s.nspname, o.oprname) FROM pg_opclass p JOIN pg_amop m ON m.amopfamily = p.opcfamily AND m.amopstrategy = 3 AND m.amoplefttype = p.opcintype AND m.amoprighttype = p.opcintype
                JOIN pg_operator o ON o.oid = m.amopopr JOIN pg_namespace s ON s.oid = o.oprnamespace WHERE p.oid = i.indclass[k.n - 1])
        FROM pg_index i, unnest(i.indkey::int2[]) WITH ORDINALITY k(attnum, n) JOIN pg_attribute a ON a.attnum = k.attnum
        WHERE i.indisprimary AND i.indrelid = ANY ($1) AND a.attrelid = i.indrelid AND k.n <= i.indnkeyatts ORDER BY i.indrelid, k.n
        """;

    private const string SequenceQuery =
        """
        SELECT d.refobjid, a.attname::text, s.relname::text, d.deptype = 'i', q.seqincrement > 0
        FROM pg_depend d JOIN pg_class s ON s.oid = d.objid AND s.relkind = 'S' JOIN pg_sequence q ON q.seqrelid = s.oid JOIN pg_attribute a ON a.attrelid = d.refobjid AND a.attnum = d.refobjsubid
        WHERE d.classid = 'pg_class'::regclass AND d.refclassid = 'pg_class'::regclass AND d.refobjid = ANY ($1) AND d.deptype IN ('a', 'i') ORDER BY 1, 2
        """;

    private TableShape(int number, string schema, string name, uint oid, string owner, bool isOwner, long pages)
    {
        (Number, Schema, Name, Oid, Owner, IsOwner, Pages) = (number, schema, name, oid, owner, isOwner, pages);
    }

    /// <summary>Its place in the set, from 1; never changes.</summary>
    public int Number { get; }

    public string Schema { get; }

    public string Name { get; }

    public uint Oid { get; }

    public string Owner { get; }

    public bool IsOwner { get; }

    public long Pages { get; }

    public List<ColumnShape> Columns { get; } = [];

    public List<KeyColumn> Key { get; } = [];

    public List<ColumnSequence> Sequences { get; } = [];

    /// <summary>Schema and name as SQL writes them.</summary>
    public string Sql => Cutover.Sql.Name(Schema, Name);

    /// <summary>The key of a row as an array of texts.</summary>
    public string KeyOf(string alias) => $"ARRAY[{string.Join(", ", Key.Select(k => $"{alias}.{Cutover.Sql.Name(k.Name)}::text"))}]";

    /// <summary>The condition that an outer join found no row.</summary>
    public string IsAbsent(string alias) => $"({alias}.{Cutover.Sql.Name(Key[0].Name)} IS NULL)";

    /// <summary>The condition that a row has the key that stands in an array of texts; the index of the primary key serves it.</summary>
    public string HasKey(string alias, string array) =>
        string.Join(" AND ", Key.Select((k, i) => $"{alias}.{Cutover.Sql.Name(k.Name)} {k.Equal} {array}[{i + 1}]::{k.Type}"));

    /// <summary>Reads the tables of a set that exist in a schema.</summary>
    public static async ValueTask<List<TableShape>> ReadAsync(CutoverSession session, string schema, IReadOnlyList<string> tables, CancellationToken cancellationToken)
    {
        var ordered = tables.Order(StringComparer.Ordinal).ToList();
        var found = await session.QueryAsync(
            Relations,
            r => new TableShape(
                ordered.IndexOf(r.GetString(0)) + 1, schema, r.GetString(0), r.GetFieldValue<uint>(1), r.GetString(2), r.GetBoolean(3), r.GetInt64(4)),
            cancellationToken,
            schema,
            tables.ToArray()).ConfigureAwait(false);
        found.Sort(static (a, b) => a.Number.CompareTo(b.Number));
        var byOid = found.ToDictionary(static t => t.Oid);
        uint[] oids = [.. byOid.Keys];
        foreach (var (oid, column) in await session.QueryAsync(
            ColumnQuery,
            static r => (r.GetFieldValue<uint>(0), new ColumnShape(r.GetString(1), r.GetString(2), r.GetBoolean(3), r.GetString(4), r.GetBoolean(5))),
            cancellationToken,
            oids).ConfigureAwait(false))
        {
            byOid[oid].Columns.Add(column);
        }

        foreach (var (oid, column) in await session.QueryAsync(
            KeyQuery,
            static r => (r.GetFieldValue<uint>(0), new KeyColumn(r.GetString(1), r.GetString(2), r.IsDBNull(3) ? "=" : r.GetString(3))),
            cancellationToken,
            oids).ConfigureAwait(false))
        {
            byOid[oid].Key.Add(column);
        }

        foreach (var (oid, sequence) in await session.QueryAsync(
            SequenceQuery,
            static r => (r.GetFieldValue<uint>(0), new ColumnSequence(r.GetString(1), r.GetString(2), r.GetBoolean(3), r.GetBoolean(4))),
            cancellationToken,
            oids).ConfigureAwait(false))
        {
            byOid[oid].Sequences.Add(sequence);
        }

        return found;
    }

    /// <summary>What differs in the columns of another table of the name, one line each; identities hang on columns and are made afterwards.</summary>
    public IEnumerable<string> ColumnDifferences(TableShape other)
    {
        var there = other.Columns.Select(static c => c with { IsIdentityAlways = false }).ToHashSet();
        foreach (var column in Columns.Where(c => !there.Contains(c with { IsIdentityAlways = false })))
        {
            var like = other.Columns.Find(c => string.Equals(c.Name, column.Name, StringComparison.Ordinal));
            yield return like is null ? $"{Name} has the column {column}, which the other generation lacks" : $"{Name} has the column {column}, the other generation {like}";
        }

        foreach (var column in other.Columns.Where(c => !Columns.Exists(m => string.Equals(m.Name, c.Name, StringComparison.Ordinal))))
        {
            yield return $"{Name} lacks the column {column}, which the other generation has";
        }
    }
}
