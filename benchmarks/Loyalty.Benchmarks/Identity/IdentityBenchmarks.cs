using System.Text;
using System.Text.RegularExpressions;
using BenchmarkDotNet.Attributes;
using BenchmarkDotNet.Columns;
using BenchmarkDotNet.Configs;
using BenchmarkDotNet.Diagnosers;
using BenchmarkDotNet.Jobs;
using BenchmarkDotNet.Toolchains.InProcess.Emit;
using Loyalty.Identity;

namespace Loyalty.Benchmarks.Identity;

/// <summary>Phones, handles, names and addresses on one core, each against what one would write without the library.</summary>
/// <remarks>The baselines know no numbering plan, no links and no code pages; they are the least that a string, a regular expression and a culture cost.</remarks>
[Config(typeof(Configuration))]
[GroupBenchmarksBy(BenchmarkLogicalGroupRule.ByCategory)]
public partial class IdentityBenchmarks
{
    private readonly byte[] _room = new byte[8192];

    [Benchmark(Description = "Phone: decode, strip, match a pattern", Baseline = true), BenchmarkCategory("phone"), Inputs("phones")]
    public int NaivePhone()
    {
        var found = 0;
        foreach (var (text, _) in IdentityInputs.Phones)
        {
            found += E164().IsMatch(NotDigits().Replace(Encoding.UTF8.GetString(text), "")) ? 1 : 0;
        }

        return found;
    }

    [Benchmark(Description = "Phone: libphonenumber-csharp, decode, parse, possible, valid, region, E.164"), BenchmarkCategory("phone"), Inputs("phones")]
    public int LibraryPhone()
    {
        var library = PhoneNumbers.PhoneNumberUtil.GetInstance();
        var found = 0;
        foreach (var (text, hint) in IdentityInputs.Phones)
        {
            try
            {
                var number = library.Parse(Encoding.UTF8.GetString(text), hint.IsNone ? null : hint.Code);
                found += library.Format(number, PhoneNumbers.PhoneNumberFormat.E164).Length + (library.IsPossibleNumber(number) ? 1 : 0)
                    + (library.IsValidNumber(number) ? 1 : 0) + (library.GetRegionCodeForNumber(number) is null ? 0 : 1);
            }
            catch (PhoneNumbers.NumberParseException)
            {
                // No number; the exception is this library's answer.
            }
        }

        return found;
    }

    [Benchmark(Description = "**Phone: parse, possible, valid, region, E.164**"), BenchmarkCategory("phone"), Inputs("phones")]
    public int Phone()
    {
        var found = 0;
        foreach (var (text, hint) in IdentityInputs.Phones)
        {
            PhoneNumber.Read(text, hint, out var number);
            number.TryFormat(_room, out var written, default, null);
            found += written + (number.IsPossible ? 1 : 0) + (number.IsValid ? 1 : 0) + (number.Region.IsNone ? 0 : 1);
        }

        return found;
    }

    [Benchmark(Description = "**Phone: the same, with E.164 as a string**"), BenchmarkCategory("phone"), Inputs("phones")]
    public int PhoneAsString()
    {
        var found = 0;
        foreach (var (text, hint) in IdentityInputs.Phones)
        {
            PhoneNumber.Read(text, hint, out var number);
            found += number.ToString().Length + (number.IsPossible ? 1 : 0) + (number.IsValid ? 1 : 0) + (number.Region.IsNone ? 0 : 1);
        }

        return found;
    }

    [Benchmark(Description = "Handle: decode, trim, lower-case, match a pattern", Baseline = true), BenchmarkCategory("handle"), Inputs("plain handles")]
    public int NaiveHandle()
    {
        var found = 0;
        foreach (var text in IdentityInputs.PlainHandles)
        {
            var handle = Encoding.UTF8.GetString(text).Trim();
            handle = handle[(handle.LastIndexOf('/') + 1)..].TrimStart('@').ToLowerInvariant();
            found += TikTok().IsMatch(handle) ? 1 : 0;
        }

        return found;
    }

    [Benchmark(Description = "**Handle: `@name`, `name`, link**"), BenchmarkCategory("handle"), Inputs("plain handles")]
    public int Handles()
    {
        var found = 0;
        foreach (var text in IdentityInputs.PlainHandles)
        {
            found += Handle.Normalize(text, HandlePlatform.TikTok, _room, out var written, out _) == HandleStatus.Ok ? written : 0;
        }

        return found;
    }

    [Benchmark(Description = "**Handle: every kind of the public set**"), BenchmarkCategory("handle"), Inputs("handles")]
    public int HardHandles()
    {
        var found = 0;
        foreach (var (text, platform) in IdentityInputs.Handles)
        {
            found += Handle.Normalize(text, platform, _room, out var written, out _) == HandleStatus.Ok ? written : 0;
        }

        return found;
    }

    [Benchmark(Description = "Name: decode, encode as Latin-1, decode", Baseline = true), BenchmarkCategory("name"), Inputs("ASCII names")]
    public int NaiveName()
    {
        var found = 0;
        foreach (var text in IdentityInputs.AsciiNames)
        {
            found += Encoding.UTF8.GetString(Encoding.Latin1.GetBytes(Encoding.UTF8.GetString(text))).Length;
        }

        return found;
    }

    [Benchmark(Description = "**Name: ASCII**"), BenchmarkCategory("name"), Inputs("ASCII names")]
    public int AsciiName()
    {
        var found = 0;
        foreach (var text in IdentityInputs.AsciiNames)
        {
            found += NameRepair.TryRepair(text, _room, out _) ? 1 : 0;
        }

        return found;
    }

    [Benchmark(Description = "**Name: clean and broken, of the public set**"), BenchmarkCategory("name"), Inputs("names")]
    public int Name()
    {
        var found = 0;
        foreach (var text in IdentityInputs.Names)
        {
            found += NameRepair.TryRepair(text, _room, out _) ? 1 : 0;
        }

        return found;
    }

    [GeneratedRegex(@"[^\d+]")]
    private static partial Regex NotDigits();

    [GeneratedRegex(@"^\+?\d{7,15}$")]
    private static partial Regex E164();

    [GeneratedRegex(@"^[a-z0-9_.]{2,24}$")]
    private static partial Regex TikTok();

    private sealed class Configuration : ManualConfig
    {
        public Configuration()
        {
            AddJob(new Job().WithToolchain(InProcessEmitToolchain.Instance).WithWarmupCount(5).WithIterationCount(12));
            AddDiagnoser(new MemoryDiagnoser(new MemoryDiagnoserConfig(displayGenColumns: false)));
            AddColumn(new RateColumn());
            HideColumns(Column.RatioSD, Column.Error, Column.StdDev, Column.AllocRatio);
        }
    }
}
