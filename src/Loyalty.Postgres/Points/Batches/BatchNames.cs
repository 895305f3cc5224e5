namespace Loyalty.Postgres.Points.Batches;

/// <summary>What is needed of a member.</summary>
internal enum BatchNeed
{
    /// <summary>The entries.</summary>
    Ledger,

    /// <summary>Club and rewards, too.</summary>
    Book,

    /// <summary>And what waits.</summary>
    Waiting,
}

/// <summary>Whose ledgers are needed, and whose club, rewards and waiting rows, too.</summary>
internal sealed class BatchNames
{
    private readonly Dictionary<string, BatchNeed> _names = new(StringComparer.Ordinal);

    public IEnumerable<(string Name, BatchNeed Need)> All => _names.Select(static n => (n.Key, n.Value));

    public BatchNeed this[string name] => _names[name];

    public void Add(string? name) => Add(name, BatchNeed.Ledger);

    public void AddWhole(string? name) => Add(name, BatchNeed.Book);

    public void AddWaiting(string? name) => Add(name, BatchNeed.Waiting);

    private void Add(string? name, BatchNeed need)
    {
        if (name is not null && !(_names.TryGetValue(name, out var known) && known >= need))
        {
            _names[name] = need;
        }
    }
}
