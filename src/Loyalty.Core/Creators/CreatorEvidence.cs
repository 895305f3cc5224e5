using Loyalty.Memory;

namespace Loyalty.Creators;

/// <summary>One thing that a file says of a field: the value in normal form, in how many rows it stands, and where first.</summary>
/// <param name="Value">The value; of an address its columns joined by NUL.</param>
/// <param name="Rows">In how many rows of the file, at least 1.</param>
/// <param name="Line">The line of the first of them.</param>
public readonly record struct Statement(string Value, int Rows, long Line)
{
    /// <summary>Statements by rank: the value in most rows first; among equals the ordinally smallest.</summary>
    internal static int ByRank(Statement left, Statement right) =>
        left.Rows != right.Rows ? right.Rows.CompareTo(left.Rows) : CodePointOrder.Instance.Compare(left.Value, right.Value);
}

/// <summary>What one source says of one field of a creator: everything from its newest file that says anything of it.</summary>
/// <remarks>Immutable. Equality is by content.</remarks>
public sealed class FieldStatements : IEquatable<FieldStatements>
{
    private readonly Statement[] _said;

    /// <summary>Creates the statements of a field.</summary>
    /// <param name="field">The field.</param>
    /// <param name="file">The number of the file in the journal of imports.</param>
    /// <param name="said">At least one statement, each value once; brought into the order of rank.</param>
    /// <exception cref="ArgumentException">There is no statement.</exception>
    public FieldStatements(CreatorField field, int file, IReadOnlyList<Statement> said)
        : this([.. said ?? throw new ArgumentNullException(nameof(said))], field, file)
    {
    }

    private FieldStatements(Statement[] said, CreatorField field, int file)
    {
        if (said.Length == 0)
        {
            throw new ArgumentException("A field of which nothing is said has no statements.", nameof(said));
        }

        if (said.Length > 1)
        {
            Array.Sort(said, Statement.ByRank);
        }

        (Field, File, _said) = (field, file, said);
    }

    /// <summary>The field.</summary>
    public CreatorField Field { get; }

    /// <summary>The number of the file in the journal of imports.</summary>
    public int File { get; }

    /// <summary>What is said, by rank; the first is what the source says.</summary>
    public IReadOnlyList<Statement> Said => _said;

    internal ReadOnlySpan<Statement> Span => _said;

    /// <summary>The statements of a field in an array that nobody else keeps.</summary>
    internal static FieldStatements Keeping(CreatorField field, int file, Statement[] said) => new(said, field, file);

    /// <inheritdoc/>
    public bool Equals(FieldStatements? other) =>
        other is not null && Field == other.Field && File == other.File && _said.AsSpan().SequenceEqual(other._said);

    /// <inheritdoc/>
    public override bool Equals(object? obj) => Equals(obj as FieldStatements);

    /// <inheritdoc/>
    public override int GetHashCode() => HashCode.Combine(Field, File, _said.Length, _said[0]);
}

/// <summary>What one source says of a creator.</summary>
/// <remarks>Immutable. A source may know a creator and say nothing of any field. Equality is by content.</remarks>
public sealed class SourceEvidence : IEquatable<SourceEvidence>
{
    private readonly FieldStatements[] _fields;

    /// <summary>Creates the evidence of a source.</summary>
    /// <param name="source">The source.</param>
    /// <param name="fields">What it says, each field once; brought into the order of <see cref="CreatorField"/>.</param>
    /// <exception cref="ArgumentException">A field is given twice.</exception>
    public SourceEvidence(CreatorSource source, IReadOnlyList<FieldStatements> fields)
    {
        ArgumentNullException.ThrowIfNull(fields);
        _fields = [.. fields];

        // As numbers: to compare enumerations makes two objects.
        Array.Sort(_fields, static (a, b) => (int)a.Field - (int)b.Field);
        for (var i = 1; i < _fields.Length; i++)
        {
            if (_fields[i].Field == _fields[i - 1].Field)
            {
                throw new ArgumentException($"The field {_fields[i].Field} is given twice.", nameof(fields));
            }
        }

        Source = source;
    }

    private SourceEvidence(FieldStatements[] ordered, CreatorSource source) => (Source, _fields) = (source, ordered);

    /// <summary>The source.</summary>
    public CreatorSource Source { get; }

    /// <summary>What it says, in the order of <see cref="CreatorField"/>.</summary>
    public IReadOnlyList<FieldStatements> Fields => _fields;

    internal ReadOnlySpan<FieldStatements> Span => _fields;

    /// <summary>What it says of a field, or <see langword="null"/>.</summary>
    public FieldStatements? this[CreatorField field]
    {
        get
        {
            foreach (var said in _fields)
            {
                if (said.Field == field)
                {
                    return said;
                }
            }

            return null;
        }
    }

    /// <summary>The evidence of a source in an array that nobody else keeps, in the order of <see cref="CreatorField"/>.</summary>
    internal static SourceEvidence Keeping(CreatorSource source, FieldStatements[] ordered) => new(ordered, source);

    /// <summary>With what a newer file says: it replaces the fields of which it says anything.</summary>
    public SourceEvidence With(SourceEvidence newer)
    {
        ArgumentNullException.ThrowIfNull(newer);
        if (_fields.Length == 0)
        {
            return newer;
        }

        var older = 0;
        foreach (var field in _fields)
        {
            older += newer[field.Field] is null ? 1 : 0;
        }

        var united = new FieldStatements[newer._fields.Length + older];
        var (next, theirs) = (0, 0);
        foreach (var field in _fields)
        {
            while (theirs < newer._fields.Length && newer._fields[theirs].Field < field.Field)
            {
                united[next++] = newer._fields[theirs++];
            }

            if (newer[field.Field] is null)
            {
                united[next++] = field;
            }
        }

        newer._fields.AsSpan(theirs).CopyTo(united.AsSpan(next));
        return new SourceEvidence(united, Source);
    }

    /// <inheritdoc/>
    public bool Equals(SourceEvidence? other) =>
        other is not null && Source == other.Source && _fields.Length == other._fields.Length && _fields.AsSpan().SequenceEqual(other._fields);

    /// <inheritdoc/>
    public override bool Equals(object? obj) => Equals(obj as SourceEvidence);

    /// <inheritdoc/>
    public override int GetHashCode() => HashCode.Combine(Source, _fields.Length);
}

/// <summary>All that the sources say of a creator; merging turns it into the creator's fields.</summary>
/// <remarks>Immutable. Equality is by content, whatever the order of the sources.</remarks>
public sealed class CreatorEvidence : IEquatable<CreatorEvidence>
{
    private readonly SourceEvidence[] _sources;

    /// <summary>Creates evidence from that of the sources, each once.</summary>
    /// <exception cref="ArgumentException">A source is given twice.</exception>
    public CreatorEvidence(IReadOnlyList<SourceEvidence> sources)
    {
        ArgumentNullException.ThrowIfNull(sources);
        _sources = [.. sources];
        Array.Sort(_sources, static (a, b) => (int)a.Source - (int)b.Source);
        for (var i = 1; i < _sources.Length; i++)
        {
            if (_sources[i].Source == _sources[i - 1].Source)
            {
                throw new ArgumentException($"The source {_sources[i].Source} is given twice.", nameof(sources));
            }
        }
    }

    /// <summary>Room for the evidence of so many sources.</summary>
    private CreatorEvidence(int count) => _sources = new SourceEvidence[count];

    /// <summary>No evidence.</summary>
    public static CreatorEvidence None { get; } = new([]);

    /// <summary>The sources that know the creator, in the order of <see cref="CreatorSource"/>.</summary>
    public IReadOnlyList<SourceEvidence> Sources => _sources;

    internal ReadOnlySpan<SourceEvidence> Span => _sources;

    /// <summary>What a source says, or <see langword="null"/> when it does not know the creator.</summary>
    public SourceEvidence? this[CreatorSource source]
    {
        get
        {
            foreach (var said in _sources)
            {
                if (said.Source == source)
                {
                    return said;
                }
            }

            return null;
        }
    }

    /// <summary>With what a newer file of a source says.</summary>
    public CreatorEvidence With(SourceEvidence newer)
    {
        ArgumentNullException.ThrowIfNull(newer);
        var at = 0;
        while (at < _sources.Length && _sources[at].Source < newer.Source)
        {
            at++;
        }

        var known = at < _sources.Length && _sources[at].Source == newer.Source ? 1 : 0;
        var evidence = new CreatorEvidence(_sources.Length + 1 - known);
        _sources.AsSpan(0, at).CopyTo(evidence._sources);
        evidence._sources[at] = known > 0 ? _sources[at].With(newer) : newer;
        _sources.AsSpan(at + known).CopyTo(evidence._sources.AsSpan(at + 1));
        return evidence;
    }

    /// <summary>Together with the evidence of the same creator under another handle; where both know a field from one file the rows add up, else the newer file counts.</summary>
    public CreatorEvidence Union(CreatorEvidence other)
    {
        ArgumentNullException.ThrowIfNull(other);
        var united = this;
        foreach (var theirs in other._sources)
        {
            united = new CreatorEvidence(
                [.. united._sources.Where(s => s.Source != theirs.Source), this[theirs.Source] is { } ours ? Union(ours, theirs) : theirs]);
        }

        return united;
    }

    /// <inheritdoc/>
    public bool Equals(CreatorEvidence? other) =>
        other is not null && _sources.Length == other._sources.Length && _sources.AsSpan().SequenceEqual(other._sources);

    /// <inheritdoc/>
    public override bool Equals(object? obj) => Equals(obj as CreatorEvidence);

    /// <inheritdoc/>
    public override int GetHashCode() => _sources.Length == 0 ? 0 : HashCode.Combine(_sources.Length, _sources[0]);

    private static SourceEvidence Union(SourceEvidence left, SourceEvidence right)
    {
        var fields = new List<FieldStatements>();
        foreach (var field in left.Fields.Concat(right.Fields).Select(static f => f.Field).Distinct())
        {
            fields.Add((left[field], right[field]) switch
            {
                ({ } a, { } b) when a.File == b.File => new FieldStatements(field, a.File, [.. a.Said.Concat(b.Said).GroupBy(
                    static s => s.Value, static (value, rows) => rows.Aggregate((x, y) => new Statement(value, x.Rows + y.Rows, Math.Min(x.Line, y.Line))), StringComparer.Ordinal)]),
                ({ } a, { } b) => a.File > b.File ? a : b,
                var (a, b) => a ?? b!,
            });
        }

        return new SourceEvidence(left.Source, fields);
    }
}
