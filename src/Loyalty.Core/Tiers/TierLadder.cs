using System.Diagnostics.CodeAnalysis;

namespace Loyalty.Tiers;

/// <summary>One level of a tier program.</summary>
/// <remarks>Immutable.</remarks>
public sealed class TierLevel
{
    /// <summary>Creates a level.</summary>
    /// <param name="name">The name, not blank.</param>
    /// <param name="threshold">The value that qualifies, in the program's metric: minor units for sales, a count for units; at least 0.</param>
    /// <param name="isProtected">Whether a member on this level is never demoted from it.</param>
    /// <exception cref="ArgumentException"><paramref name="name"/> is blank.</exception>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="threshold"/> is negative.</exception>
    public TierLevel(string name, long threshold, bool isProtected = false)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(name);
        ArgumentOutOfRangeException.ThrowIfNegative(threshold);
        Name = name;
        Threshold = threshold;
        IsProtected = isProtected;
    }

    /// <summary>The name.</summary>
    public string Name { get; }

    /// <summary>A value qualifies for the level when it is at least this: minor units for sales, a count for units.</summary>
    public long Threshold { get; }

    /// <summary>Whether a member who stands on this level is never demoted from it.</summary>
    public bool IsProtected { get; }

    /// <summary>The name.</summary>
    public override string ToString() => Name;
}

/// <summary>The levels of a program in ascending order of their thresholds; the first is the entry level with threshold 0.</summary>
/// <remarks>Immutable.</remarks>
public sealed class TierLadder
{
    private readonly TierLevel[] _levels;
    private readonly Dictionary<string, int> _byName;

    /// <summary>Creates a ladder; the levels may come in any order.</summary>
    /// <param name="levels">At least one level; names and thresholds differ, the lowest threshold is 0.</param>
    /// <exception cref="ArgumentException">The levels do not form a ladder; the message says why.</exception>
    public TierLadder(IEnumerable<TierLevel> levels)
    {
        ArgumentNullException.ThrowIfNull(levels);
        TierLevel[] given = [.. levels];
        if (Array.Exists(given, static l => l is null))
        {
            throw new ArgumentException("A level is null.", nameof(levels));
        }

        _levels = [.. given.OrderBy(static l => l.Threshold)];
        _byName = new(StringComparer.Ordinal);
        if (_levels.Length == 0 || _levels[0].Threshold != 0)
        {
            throw new ArgumentException("The lowest level must have the threshold 0: it is the entry level.", nameof(levels));
        }

        for (var i = 0; i < _levels.Length; i++)
        {
            if (!_byName.TryAdd(_levels[i].Name, i))
            {
                throw new ArgumentException($"Two levels are named '{_levels[i].Name}'.", nameof(levels));
            }

            if (i > 0 && _levels[i].Threshold == _levels[i - 1].Threshold)
            {
                throw new ArgumentException(
                    $"The levels '{_levels[i - 1].Name}' and '{_levels[i].Name}' have the same threshold.", nameof(levels));
            }
        }
    }

    /// <summary>The number of levels, at least 1.</summary>
    public int Count => _levels.Length;

    /// <summary>The level at <paramref name="index"/>, 0 being the entry level.</summary>
    [SuppressMessage("Naming", "CA1043", Justification = "The index is the rank of the level.")]
    public TierLevel this[int index] => _levels[index];

    /// <summary>The rank of the level called <paramref name="name"/> (exact), or -1.</summary>
    public int IndexOf(string name) => _byName.GetValueOrDefault(name, -1);

    /// <summary>
    /// The rank of the highest level whose threshold <paramref name="value"/> reaches (<c>value ≥ threshold</c>);
    /// the entry level for a value below 0.
    /// </summary>
    public int HighestReached(long value)
    {
        var level = _levels.Length - 1;
        while (level > 0 && value < _levels[level].Threshold)
        {
            level--;
        }

        return level;
    }
}
