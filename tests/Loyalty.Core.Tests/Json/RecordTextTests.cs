using System.Globalization;
using System.Reflection;
using System.Runtime.CompilerServices;
using Loyalty.Activities;
using Loyalty.Points.Ledger;
using Loyalty.Programs;
using Loyalty.Scoring;
using Loyalty.Storage.Points;

namespace Loyalty.Tests.Json;

/// <summary>F34: records write dates and amounts the same under every culture; what the compiler makes of them does not.</summary>
public sealed class RecordTextTests
{
    private static readonly DateOnly Day = new(2025, 3, 1);

    public static TheoryData<Type> Records =>
        [.. typeof(LoyaltyProgram).Assembly.GetExportedTypes()
            .Where(static t => t.GetMethod("PrintMembers", BindingFlags.Instance | BindingFlags.NonPublic, [typeof(System.Text.StringBuilder)]) is not null)
            .Where(static t => t.GetProperties(BindingFlags.Public | BindingFlags.Instance).Any(static p => IsWrittenByCulture(p.PropertyType)))
            .OrderBy(static t => t.FullName, StringComparer.Ordinal)];

    [Theory]
    [MemberData(nameof(Records))]
    public void F34_A_record_with_dates_or_amounts_writes_itself(Type record) =>
        Assert.Null(record.GetMethod(nameof(ToString), Type.EmptyTypes)!.GetCustomAttribute<CompilerGeneratedAttribute>());

    [Fact]
    public void F34_A_record_is_the_same_text_under_every_culture()
    {
        object[] records =
        [
            new PointsBalance("ann", Day, -5, 0, 7, 1.25m), new Adjustment("a", "ann", Day, -12, 3, "r"), new Score(Day, new RfmInput(Day, 3, -4.5m), new RfmCell(1, 2, 3), 9, "Hot"),
            new LotMovement(1, 2, -7), new Lot(1, default, 5, 4, Day),
        ];
        var own = CultureInfo.CurrentCulture;
        try
        {
            CultureInfo.CurrentCulture = CultureInfo.InvariantCulture;
            var texts = records.Select(static r => r.ToString()).ToArray();
            Assert.Equal("Adjustment { Id = a, Handle = ann, Date = 2025-03-01, Sales = -12, Units = 3, Reason = r, Totals = sales -12, units 3 }", texts[1]);

            // The test process knows no cultures but this one: what another would write otherwise.
            var other = (CultureInfo)CultureInfo.InvariantCulture.Clone();
            (other.NumberFormat.NegativeSign, other.NumberFormat.NumberDecimalSeparator, other.DateTimeFormat.ShortDatePattern) = ("~", "|", "dd/MM/yyyy 'BE'");
            CultureInfo.CurrentCulture = other;
            Assert.Equal(texts, records.Select(static r => r.ToString()));
            Assert.Same(other, CultureInfo.CurrentCulture);
        }
        finally
        {
            CultureInfo.CurrentCulture = own;
        }
    }

    private static bool IsWrittenByCulture(Type type)
    {
        type = Nullable.GetUnderlyingType(type) ?? type;
        return type == typeof(DateOnly) || type == typeof(DateTime) || type == typeof(DateTimeOffset) || type == typeof(decimal) || type == typeof(double);
    }
}
