namespace Loyalty.Creators;

/// <summary>What a file says, made into records: the larger part of taking it, and the same whatever a store holds.</summary>
internal sealed class FileRecords
{
    /// <summary>Makes the records of a file.</summary>
    /// <param name="statements">What the file says.</param>
    /// <param name="file">Its number in the journal of imports.</param>
    /// <param name="brand">The brand of the run.</param>
    /// <param name="asOf">The date of the run, if it has one.</param>
    public FileRecords(SourceStatements statements, int file, string brand, DateOnly? asOf)
    {
        // A file may be given twice.
        lock (statements)
        {
            Source = statements.Source;
            var creators = Source == CreatorSource.Products ? 0 : statements.CreatorCount;
            Creators = Make(creators, i => (statements.HandleOf(i), statements.EvidenceOf(i, file)));
            Samples = Make(statements.SampleCount, i => statements.SampleAt(i, brand));
            Videos = Make(statements.VideoCount, i => (statements.VideoAt(i, out var products), products));
            Products = Make(statements.ProductCount, statements.ProductAt);
            Figures = Make(Source is CreatorSource.Refunnel or CreatorSource.Euka ? creators : 0, i =>
                (statements.HandleOf(i), asOf is { } date ? statements.SnapshotOf(i, date) : null, statements.FiguresOf(i, brand)));
        }
    }

    public CreatorSource Source { get; }

    public (string Handle, SourceEvidence Evidence)[] Creators { get; }

    public CreatorSample[] Samples { get; }

    /// <summary>The videos with their products, (id, name).</summary>
    public (CreatorVideo Video, IReadOnlyList<(string Id, string Name)> Products)[] Videos { get; }

    public CreatorProduct[] Products { get; }

    public (string Handle, CreatorSnapshot? Snapshot, BrandLink? Figures)[] Figures { get; }

    private static T[] Make<T>(int count, Func<int, T> make)
    {
        var made = new T[count];
        for (var i = 0; i < count; i++)
        {
            made[i] = make(i);
        }

        return made;
    }
}
