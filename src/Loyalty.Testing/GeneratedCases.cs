using System.Globalization;
using FsCheck;
using FsCheck.Fluent;

namespace Loyalty.Testing;

/// <summary>Runs a property over generated cases.</summary>
/// <remarks>LOYALTY_TEST_CASES sets how many are tried, LOYALTY_TEST_SEED replays what FsCheck printed for a failure, as <c>(seed,gamma)</c>.</remarks>
public static class GeneratedCases
{
    /// <summary>Tries cases until one fails, and shrinks that.</summary>
    /// <typeparam name="T">A case.</typeparam>
    /// <param name="cases">Makes cases.</param>
    /// <param name="shrink">Smaller cases than a given one.</param>
    /// <param name="test">Throws when a case fails.</param>
    /// <param name="usual">How many cases to try unless the environment says otherwise.</param>
    public static void Check<T>(Gen<T> cases, Func<T, IEnumerable<T>> shrink, Func<T, Task> test, int usual)
    {
        ArgumentNullException.ThrowIfNull(test);
        var most = int.TryParse(Environment.GetEnvironmentVariable("LOYALTY_TEST_CASES"), CultureInfo.InvariantCulture, out var given) ? given : usual;
        var config = Config.QuickThrowOnFailure.WithMaxTest(most);
        if (Environment.GetEnvironmentVariable("LOYALTY_TEST_SEED") is { Length: > 0 } seed)
        {
            var parts = seed.Trim('(', ')').Split(',');
            config = config.WithReplay(ulong.Parse(parts[0], CultureInfo.InvariantCulture), ulong.Parse(parts[1], CultureInfo.InvariantCulture));
        }

        Prop.ForAll(Arb.From(cases, shrink), one => test(one).GetAwaiter().GetResult()).Check(config);
    }
}
