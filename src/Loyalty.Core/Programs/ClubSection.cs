using System.Globalization;
using Loyalty.Activities;
using Loyalty.Clubs;
using Loyalty.Money;

namespace Loyalty.Programs;

/// <summary>Reads the <c>club</c> section of a program.</summary>
internal static class ClubSection
{
    /// <summary>The club, or <see langword="null"/> when faults were noted.</summary>
    public static ClubProgram? Read(JsonSection club, Currency? currency)
    {
        var stages = new List<ClubStage>();
        var names = new HashSet<string>(StringComparer.Ordinal);
        var minimums = new HashSet<long>();
        var sections = club.Sections("stages", required: true);
        foreach (var section in sections)
        {
            var name = section.Text("name", required: true);
            var discount = section.Decimal("discountPercent", required: false) ?? 0;
            if (discount is < 0 or > 100)
            {
                section.FaultAt("discountPercent", string.Create(CultureInfo.InvariantCulture, $"expected a number from 0 to 100, found {discount}"));
            }

            var months = section.Integer("months", required: true, 1, ClubStage.MaxMonths);
            var minimum = TierSection.ReadAmount(section, "minimumPurchase", Metric.Sales, currency, aboveZero: false);
            section.Close();
            if (name is not null && !names.Add(name))
            {
                section.FaultAt("name", $"a stage is named '{name}' already");
            }
            else if (minimum is { } value && !minimums.Add(value))
            {
                section.FaultAt("minimumPurchase", "another stage has this minimum purchase");
            }
            else if (name is not null && months is not null && minimum is not null && discount is >= 0 and <= 100)
            {
                stages.Add(new ClubStage(name, discount, months.Value, minimum.Value));
            }
        }

        if (sections.Count == 0 && club.Any("stages", required: false) is { ValueKind: System.Text.Json.JsonValueKind.Array })
        {
            club.FaultAt("stages", "lists no stage; name at least one");
        }

        club.Close();
        return stages.Count == 0 || stages.Count < sections.Count ? null : new ClubProgram(stages);
    }
}
