using System.Reflection;
using System.Text.Json;
using System.Text.Json.Serialization;
using Loyalty.Activities;
using Loyalty.Checkpoints;
using Loyalty.Clubs;
using Loyalty.Json;
using Loyalty.Missions;
using Loyalty.Programs;
using Loyalty.Rewards;
using Loyalty.Scoring;
using Loyalty.Storage.Members;
using Loyalty.Tiers;

namespace Loyalty.Tests.Json;

/// <summary>Everything that the three books answer can be written as JSON, without reflection, and comes back. New results are found by reflection.</summary>
public sealed class LoyaltyJsonTests
{
    private static readonly DateOnly Day = new(2025, 3, 1);

    private static readonly LoyaltyProgram Program = LoyaltyProgram.Parse(
        """{"tenant":"acme","currency":"USD","timeZone":"Etc/UTC","tiers":{"metric":"sales","checkpoint":{"months":4},"levels":[{"name":"A","threshold":0},{"name":"B","threshold":10}]}}""");

    private static readonly Window Dates = new(Day, Day.AddDays(30));

    private static readonly Dictionary<Type, object> Samples = new()
    {
        [typeof(LoyaltyProgram)] = Program,
        [typeof(Window)] = Dates,
        [typeof(MemberStanding)] = new MemberStanding(Day, 1, Day.AddDays(1), Dates, true, Day.AddDays(2)),
        [typeof(MemberProgress)] = new MemberProgress(
            "ann", new MemberStanding(Day, 0, Day.AddDays(1), Dates, false, Day.AddDays(2)),
            new MemberTotals(new ActivityTotals(1, 2, 3, 4, 5, 6), new ActivityTotals(7, 8, 9, 10, 11, 12), new AdjustmentTotals(13, 14), new AdjustmentTotals(15, 16)), Program.Tiers!),
        [typeof(Decision)] = new Decision(Day, DecisionKind.Promoted, "A", "B", 0, 10, Dates, 7, 8, new Window(Day, null), Metric.Units, true, "abc", true),
        [typeof(MissionInstance)] = new MissionInstance(new MissionGoal("m", Metric.Likes, 3), Dates, MissionStatus.Completed, 4, Day.AddDays(1)),
        [typeof(Enrollment)] = new Enrollment("Silver", Day, Day.AddDays(1), "o1", Day.AddDays(90), [new("o2", Day.AddDays(3), Day.AddDays(120))], EnrollmentStatus.Upgraded, Day.AddDays(9)),
        [typeof(Redemption)] = Redemption.FromStored("r", "ann", "tote", Day, 5, "Silver", 2, RedemptionStatus.Refunded, Day.AddDays(2), Day.AddDays(1), ClaimRefusal.None),
        [typeof(RfmCell)] = new RfmCell(2, 3, 4),
        [typeof(RfmInput)] = new RfmInput(Day, 3, 4.5m),
        [typeof(Loyalty.Money.Currency)] = Loyalty.Money.Currency.Get("JPY"),
        [typeof(TierLevel)] = new TierLevel("B", 10, isProtected: true),
    };

    /// <summary>What methods of the ports return, and what that is made of.</summary>
    public static TheoryData<Type> Results
    {
        get
        {
            var found = new HashSet<Type>();
            foreach (var port in typeof(LoyaltyProgram).Assembly.GetExportedTypes().Where(static t => t.IsInterface && t.Namespace!.StartsWith("Loyalty.Storage", StringComparison.Ordinal)))
            {
                foreach (var method in port.GetMethods().Where(static m => !m.IsGenericMethod))
                {
                    Add(method.ReturnType, found);
                }
            }

            return [.. found.OrderBy(static t => t.FullName, StringComparer.Ordinal)];
        }
    }

    [Theory]
    [MemberData(nameof(Results))]
    public void Each_result_comes_back_as_it_was(Type type)
    {
        var info = LoyaltyJson.Default.GetTypeInfo(type);
        Assert.True(info is not null, $"LoyaltyJson does not know {type}");
        var sample = Sample(type)!;
        var json = JsonSerializer.Serialize(sample, info);
        var back = JsonSerializer.Deserialize(json, info);
        Assert.Equal(json, JsonSerializer.Serialize(back, info));

        // By reflection, as an application that generates nothing does it; and nothing is lost.
        var plain = new JsonSerializerOptions(JsonSerializerDefaults.Web) { Converters = { new JsonStringEnumConverter() } };
        Assert.Equal(json, JsonSerializer.Serialize(sample, type, plain));
        Assert.Equal(json, JsonSerializer.Serialize(JsonSerializer.Deserialize(json, type, plain), type, plain));
        foreach (var property in type == typeof(LoyaltyProgram) ? [] : type.GetProperties(BindingFlags.Public | BindingFlags.Instance).Where(static p => p.GetIndexParameters().Length == 0))
        {
            Assert.Equal(JsonSerializer.Serialize(property.GetValue(sample), plain), JsonSerializer.Serialize(property.GetValue(back), plain));
        }
    }

    /// <summary>A static method of these names and another form makes every handler throw that takes the type as a parameter.</summary>
    [Fact]
    public void No_public_type_breaks_the_binding_of_parameters_in_ASP_NET_Core()
    {
        foreach (var type in typeof(LoyaltyProgram).Assembly.GetExportedTypes().Where(static t => t is { IsEnum: false } and not { IsAbstract: true, IsSealed: true }))
        {
            var methods = type.GetMethods(BindingFlags.Public | BindingFlags.Static | BindingFlags.FlattenHierarchy);
            var parsers = methods.Where(static m => m.Name == "TryParse").ToList();
            Assert.True(parsers.Count == 0 || parsers.Exists(m => IsBinding(m, type)), $"{type} has TryParse, but none of the form that ASP.NET Core asks for");
            Assert.DoesNotContain(methods, static m => m.Name == "BindAsync");
        }

        static bool IsBinding(MethodInfo method, Type type)
        {
            var parameters = method.GetParameters();
            return method.ReturnType == typeof(bool) && parameters is [{ ParameterType: var text }, .., { IsOut: true, ParameterType: var result }]
                && text == typeof(string) && result == type.MakeByRefType()
                && (parameters.Length == 2 || (parameters.Length == 3 && parameters[1].ParameterType == typeof(IFormatProvider)));
        }
    }

    private static void Add(Type type, HashSet<Type> found)
    {
        foreach (var argument in type.IsGenericType ? type.GetGenericArguments() : [])
        {
            Add(argument, found);
        }

        if (type.IsArray)
        {
            Add(type.GetElementType()!, found);
        }

        if (type is { IsGenericType: false, IsInterface: false, IsEnum: false, IsArray: false } && type.Namespace?.StartsWith("Loyalty", StringComparison.Ordinal) == true && found.Add(type)
            && type != typeof(LoyaltyProgram) && type != typeof(Loyalty.Money.Currency))
        {
            foreach (var property in type.GetProperties(BindingFlags.Public | BindingFlags.Instance))
            {
                Add(property.PropertyType, found);
            }
        }
    }

    private static object? Sample(Type type)
    {
        type = Nullable.GetUnderlyingType(type) ?? type;
        if (Samples.TryGetValue(type, out var known))
        {
            return known;
        }

        if (type.IsEnum)
        {
            return Enum.GetValues(type).Cast<object>().Last();
        }

        if (type.IsGenericType && type.GetGenericArguments() is [var item])
        {
            var array = Array.CreateInstance(item, 1);
            array.SetValue(Sample(item), 0);
            return array;
        }

        if (type.IsGenericType)
        {
            return new Dictionary<int, DateOnly> { [7] = Day };
        }

        return type == typeof(string) ? "text"
            : type == typeof(int) ? 3
            : type == typeof(long) ? 5L
            : type == typeof(decimal) ? 1.25m
            : type == typeof(bool) ? true
            : type == typeof(DateOnly) ? Day
            : type == typeof(DateTimeOffset) ? new DateTimeOffset(2025, 3, 1, 12, 0, 0, TimeSpan.FromHours(2))
            : type == typeof(Guid) ? new Guid(1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11)
            : type == typeof(DateTime) ? new DateTime(2025, 3, 1, 12, 0, 0, DateTimeKind.Utc)
            : type.GetConstructors().OrderByDescending(static c => c.GetParameters().Length).First() is var constructor
                ? constructor.Invoke([.. constructor.GetParameters().Select(static p => Sample(p.ParameterType))])
                : null;
    }
}
