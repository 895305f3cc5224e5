using Loyalty.Programs;
using Microsoft.Extensions.Options;

namespace Loyalty.Web;

/// <summary>The section <c>Loyalty</c> of the configuration.</summary>
internal sealed class WebOptions
{
    public const string Section = "Loyalty";

    /// <summary>The program files, one for each tenant; relative to the application's folder.</summary>
    public string[] Programs { get; set; } = [];

    /// <summary>The connection string of a database that <c>loyalty db migrate</c> has prepared; empty: everything is in memory.</summary>
    public string Postgres { get; set; } = "";

    /// <summary>Reads all programs.</summary>
    /// <exception cref="OptionsValidationException">Something is wrong; every fault of every file is told.</exception>
    public IReadOnlyList<LoyaltyProgram> ReadPrograms(string folder)
    {
        var faults = new List<string>();
        var programs = new List<LoyaltyProgram>();
        if (Programs.Length == 0)
        {
            faults.Add($"{Section}:{nameof(Programs)} names no program file.");
        }

        foreach (var file in Programs)
        {
            var path = Path.Combine(folder, file);
            if (!File.Exists(path))
            {
                faults.Add($"{file}: there is no such file in {Section}:{nameof(Programs)}'s folder.");
            }
            else if (!LoyaltyProgram.TryRead(File.ReadAllBytes(path), out var program, out var found))
            {
                faults.AddRange(found.Select(f => $"{file}: {f}"));
            }
            else if (program.Points is null)
            {
                faults.Add($"{file}: $.points: this application takes orders for points; add the section.");
            }
            else if (programs.Exists(p => p.Tenant == program.Tenant))
            {
                faults.Add($"{file}: $.tenant: '{program.Tenant}' has a program already.");
            }
            else
            {
                programs.Add(program);
            }
        }

        return faults.Count == 0 ? programs : throw new OptionsValidationException(Section, typeof(WebOptions), faults);
    }
}
